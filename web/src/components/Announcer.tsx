import type { TFunction } from 'i18next';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { Flow } from '../flow/machine.ts';
import { stepOf } from './steps.ts';

/** Announces each stage once to screen readers and shows it in the document title. */
export function Announcer({ flow }: { flow: Flow }) {
  const { t } = useTranslation();
  const said = stageOf(flow, t);
  const title = flow.at === 'start' ? t('app.name') : `${said} – ${t('app.name')}`;
  useEffect(() => {
    document.title = title;
  }, [title]);
  return (
    <div role="status" aria-live="polite" className="visually-hidden">
      {flow.at === 'start' ? '' : said}
    </div>
  );
}

function stageOf(flow: Flow, t: TFunction): string {
  switch (flow.at) {
    case 'start':
      return t('start.title');
    case 'reading':
      return t('start.reading');
    case 'plan':
      return t('plan.title');
    case 'opening':
      return t('opening.title');
    case 'submitting':
    case 'running':
    case 'decoding': {
      const step = stepOf(flow);
      return step === 'upload' ? t('progress.uploading') : t(`progress.${step}`);
    }
    case 'result':
      return t('result.title');
    case 'failed':
      return flow.job.status === 'canceled' ? t('failed.canceledTitle') : t('failed.title');
    case 'unavailable':
      return t('unavailable.title');
  }
}
