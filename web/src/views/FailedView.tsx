import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { asProblem, problemBesideUsage } from '../api/problem.ts';
import type { Job } from '../api/types.ts';
import { Icon } from '../components/Icon.tsx';
import { ProblemAlert } from '../components/ProblemAlert.tsx';
import { QuotaAlert } from '../components/QuotaAlert.tsx';
import { useDispatch, useServices } from '../flow/context.ts';
import { isOriginalAvailable, modelAndParamsOf, useRerun } from '../flow/useRerun.ts';

/** A job that failed or was cancelled. */
export function FailedView({ job }: { job: Job }) {
  const { t } = useTranslation();
  const dispatch = useDispatch();
  const { queries } = useServices();
  const { data: usage } = useQuery(queries.usage);
  const rerun = useRerun(job);
  const canceled = job.status === 'canceled';
  const problem = problemBesideUsage(rerun.isError ? asProblem(rerun.error) : null, usage);
  const usedUp = usage?.usage.remaining === 0;
  return (
    <div className="narrow">
      <h1>{canceled ? t('failed.canceledTitle') : t('failed.title')}</h1>
      <div className="card stack">
        {canceled ? (
          <p>{t('failed.canceled')}</p>
        ) : (
          <>
            <p className="strong">{job.error?.type === 'provider_error' ? t('failed.provider_error') : t('failed.other')}</p>
            {job.error && <p>{job.error.message}</p>}
          </>
        )}
        <p className="hint">{t('failed.quota')}</p>
        {usedUp && <QuotaAlert usage={usage} />}
        <div className="actions">
          {isOriginalAvailable(job, new Date()) && (
            <button
              type="button"
              className="button primary"
              disabled={rerun.isPending || usedUp}
              onClick={() => rerun.mutate(modelAndParamsOf(job))}
            >
              <Icon name="again" />
              {t('failed.retry')}
            </button>
          )}
          <button type="button" className="button" onClick={() => dispatch({ type: 'reset' })}>
            <Icon name="plus" />
            {t('failed.newImage')}
          </button>
        </div>
        {problem && <ProblemAlert problem={problem} />}
        <details className="small-details">
          <summary>{t('problem.details')}</summary>
          <dl className="pairs">
            {job.error && (
              <>
                <dt>{t('problem.type')}</dt>
                <dd>{job.error.type}</dd>
              </>
            )}
            <dt>{t('problem.job')}</dt>
            <dd>
              <code>{job.id}</code>
            </dd>
          </dl>
        </details>
      </div>
    </div>
  );
}
