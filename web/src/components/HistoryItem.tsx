import { useTranslation } from 'react-i18next';
import type { Job } from '../api/types.ts';
import { useDispatch } from '../flow/context.ts';
import { urlOf } from '../flow/useJobUrl.ts';
import { useFormat } from '../i18n/format.ts';
import { Icon } from './Icon.tsx';

type HistoryItemProps = { job: Job; shown: boolean; onDelete: () => void };

export function HistoryItem({ job, shown, onDelete }: HistoryItemProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const dispatch = useDispatch();
  const time = format.dateTime(new Date(job.createdAt));
  const state = t(`history.state.${job.status}`);
  return (
    <li className="history-item">
      <a
        href={urlOf(job.id)}
        aria-current={shown ? 'true' : undefined}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          dispatch({ type: 'urlChanged', id: job.id });
          scrollTo({ top: 0 });
        }}
      >
        <span className="history-thumb">
          {job.thumbUrl ? (
            <img src={job.thumbUrl} alt="" crossOrigin="anonymous" loading="lazy" />
          ) : (
            <Icon name={job.status === 'failed' ? 'warning' : job.status === 'canceled' ? 'close' : 'clock'} />
          )}
        </span>
        <span className="history-text">
          <span className="visually-hidden">{t('history.open')} </span>
          <span className={`history-state history-${job.status}`}>{state}</span>{' '}
          <span className="history-time">{time}</span>
        </span>
      </a>
      <button type="button" className="button round quiet" aria-label={t('history.delete', { time })} onClick={onDelete}>
        <Icon name="trash" />
      </button>
    </li>
  );
}
