import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { FileButtons } from '../components/FileButtons.tsx';
import { FileRejectionAlert } from '../components/FileRejectionAlert.tsx';
import { Icon } from '../components/Icon.tsx';
import { QuotaAlert } from '../components/QuotaAlert.tsx';
import { Samples } from '../components/Samples.tsx';
import { useServices } from '../flow/context.ts';
import { useFormat } from '../i18n/format.ts';
import type { FileRejection } from '../image/read.ts';

type StartViewProps = { reading: boolean; rejection: FileRejection | null; dragging: boolean };

export function StartView({ reading, rejection, dragging }: StartViewProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { queries } = useServices();
  const { data: usage } = useQuery(queries.usage);
  const usedUp = usage?.usage.remaining === 0;
  const limit = usage ? format.bytes(usage.limits.maxBytes) : null;
  return (
    <>
      <div className="hero">
        <h1>{t('start.title')}</h1>
        <p className="lead">{t('start.lead')}</p>
      </div>
      <div className={dragging ? 'drop-zone over' : 'drop-zone'} aria-busy={reading}>
        <div className="drop-top">
          {rejection ? (
            <FileRejectionAlert rejection={rejection} />
          ) : usedUp ? (
            <QuotaAlert usage={usage} />
          ) : (
            <DropPrompt limit={limit} now={reading ? t('start.reading') : dragging ? t('start.dropNow') : null} />
          )}
        </div>
        <FileButtons />
        <p className="drop-quota">{usage ? t('start.quotaLeft', { count: usage.usage.remaining }) : '\u00a0'}</p>
      </div>
      <ul className="promises">
        <li>
          <Icon name="check" /> {t('start.noAccount')}
        </li>
        <li>
          <Icon name="lock" /> {t('start.private')}
        </li>
        <li>
          <Icon name="clock" /> {t('start.autoDelete')}
        </li>
      </ul>
      <Samples />
    </>
  );
}

type DropPromptProps = { limit: string | null; now: string | null };

/** The drop zone's prompt or current state. The keys prevent a changed text from counting as a layout shift. */
function DropPrompt({ limit, now }: DropPromptProps) {
  const { t } = useTranslation();
  return (
    <>
      <span className="drop-mark">
        <Icon name="spark" />
      </span>
      <p key={`title ${now}`} className="drop-title">
        {now ?? (
          <>
            <span className="for-mouse">{t('start.drop')}</span>
            <span className="for-touch">{t('start.touch')}</span>
          </>
        )}
      </p>
      <p key={`text ${limit}`} className="drop-text">
        <span className="for-mouse">{t('start.orPaste')} </span>
        {limit ? t('start.formatsUpTo', { limit }) : t('start.formats')}
      </p>
    </>
  );
}
