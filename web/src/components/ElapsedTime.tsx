import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../i18n/format.ts';

/** The time since a server timestamp, updated every second; zero if the local clock is behind. */
export function ElapsedTime({ since }: { since: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const ticking = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(ticking);
  }, []);
  const seconds = Math.max(0, (now - Date.parse(since)) / 1000);
  return <span className="elapsed"> · {t('progress.elapsed', { time: format.wholeSeconds(seconds) })}</span>;
}
