import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem, problemBesideUsage } from '../api/problem.ts';
import type { Job } from '../api/types.ts';
import { useServices } from '../flow/context.ts';
import { isOriginalAvailable, useRerun } from '../flow/useRerun.ts';
import { useFormat } from '../i18n/format.ts';
import type { Size } from '../image/read.ts';
import { estimateResult } from '../options/estimate.ts';
import { defaultOptions, type JobOptions } from '../options/jobOptions.ts';
import { OptionsForm } from './OptionsForm.tsx';
import { ProblemAlert } from './ProblemAlert.tsx';
import { QuotaAlert } from './QuotaAlert.tsx';

/** Enhances the same original with other options while the original is available. */
export function RerunPanel({ job, originalSize }: { job: Job; originalSize: Size | null }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { queries } = useServices();
  const { data: models, error } = useQuery(queries.models);
  const { data: usage } = useQuery(queries.usage);
  const [chosen, setChosen] = useState<JobOptions | null>(null);
  const rerun = useRerun(job);
  const options = chosen ?? (models ? defaultOptions(models) : null);
  const model = models?.find(({ slug }) => slug === options?.model);
  if (!originalSize || !isOriginalAvailable(job, new Date())) return <p className="hint">{t('rerun.originalDeleted')}</p>;
  if (!models && error) return <ProblemAlert problem={asProblem(error)} />;
  if (!models || !options || !model) return <p className="hint">{t('plan.loading')}</p>;
  const estimate = estimateResult(options, model, originalSize.width, originalSize.height);
  const problem = problemBesideUsage(rerun.isError ? asProblem(rerun.error) : null, usage);
  const usedUp = usage?.usage.remaining === 0;
  return (
    <div className="stack">
      <p className="hint">{t('rerun.text')}</p>
      <OptionsForm models={models} model={model} options={options} estimate={estimate} onChange={setChosen} />
      {usedUp && <QuotaAlert usage={usage} />}
      <p className="size-line">
        <strong>
          {t('plan.sizeLine', {
            from: format.size(originalSize.width, originalSize.height),
            to: format.size(estimate.width, estimate.height),
          })}
        </strong>
        {usage && !usedUp && <span>{t('plan.quotaUse', { count: usage.usage.remaining })}</span>}
      </p>
      <button
        type="button"
        className="button primary"
        disabled={rerun.isPending || usedUp}
        onClick={() => rerun.mutate({ model: options.model, params: estimate.params })}
      >
        {t('rerun.start')}
      </button>
      {problem && <ProblemAlert problem={problem} />}
    </div>
  );
}
