import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { asProblem, Problem } from '../api/problem.ts';
import type { Job } from '../api/types.ts';
import { useServices } from '../flow/context.ts';
import { Icon } from './Icon.tsx';
import { ProblemAlert } from './ProblemAlert.tsx';

/** Requests cancellation. The job may still succeed if the provider finishes first. */
export function CancelButton({ job }: { job: Job }) {
  const { t } = useTranslation();
  const { api, queries } = useServices();
  const client = useQueryClient();
  const { queryKey } = queries.job(job.id);
  const cancel = useMutation({
    mutationFn: () => api.cancelJob(job.id),
    onSuccess: (answer) => client.setQueryData(queryKey, answer),
    // The job has ended in the meantime: fetch its final state.
    onError: (error) => error instanceof Problem && error.kind === 'conflict' && client.invalidateQueries({ queryKey }),
  });
  const asked = job.cancelRequested || cancel.isPending || cancel.isSuccess;
  return (
    <>
      <button type="button" className="button" disabled={asked} onClick={() => cancel.mutate()}>
        <Icon name="close" />
        {asked ? t('progress.cancelling') : t('progress.cancel')}
      </button>
      {job.cancelRequested && <p className="hint">{t('progress.cancelRequested')}</p>}
      {cancel.isError && asProblem(cancel.error).kind !== 'conflict' && (
        <ProblemAlert problem={asProblem(cancel.error)} />
      )}
    </>
  );
}
