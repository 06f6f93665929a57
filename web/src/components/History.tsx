import { useInfiniteQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useServices } from '../flow/context.ts';
import { DeleteDialog } from './DeleteDialog.tsx';
import { HistoryItem } from './HistoryItem.tsx';

/** The person's jobs, newest first; renders nothing if there are none. `shown` is the id of the job in the view. */
export function History({ shown }: { shown: string | null }) {
  const { t } = useTranslation();
  const { queries } = useServices();
  const heading = useRef<HTMLHeadingElement>(null);
  const [removing, setRemoving] = useState<string | null>(null);
  const { data, isError, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(queries.history);
  const jobs = data?.pages.flatMap((page) => page.jobs) ?? [];
  if (jobs.length === 0 && !isError) return null;
  return (
    <section className="history" aria-labelledby="history-title">
      <h2 id="history-title" ref={heading} tabIndex={-1}>
        {t('history.title')}
      </h2>
      {isError && (
        <p className="hint">
          {t('history.failed')}{' '}
          <button type="button" className="button quiet" onClick={() => void refetch()}>
            {t('history.retry')}
          </button>
        </p>
      )}
      <ul className="history-list">
        {jobs.map((job) => (
          <HistoryItem key={job.id} job={job} shown={job.id === shown} onDelete={() => setRemoving(job.id)} />
        ))}
      </ul>
      {hasNextPage && (
        <button type="button" className="button" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t('history.more')}
        </button>
      )}
      {removing && (
        <DeleteDialog
          id={removing}
          shown={removing === shown}
          onClose={() => setRemoving(null)}
          onDeleted={() => heading.current?.focus()} // the button that had the focus no longer exists
        />
      )}
    </section>
  );
}
