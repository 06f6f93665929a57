import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { asProblem, type Problem } from '../api/problem.ts';
import type { ModelAndParams } from '../api/types.ts';
import { PlanCard } from '../components/PlanCard.tsx';
import { ProblemAlert } from '../components/ProblemAlert.tsx';
import { useServices } from '../flow/context.ts';
import { useFormat } from '../i18n/format.ts';
import type { Original } from '../image/read.ts';
import { defaultOptions, type JobOptions } from '../options/jobOptions.ts';

type PlanViewProps = {
  original: Original;
  options: JobOptions | null;
  problem: Problem | null;
  onStart: (options: JobOptions, modelAndParams: ModelAndParams) => void;
};

/** The chosen image and its options. Nothing has been sent yet. */
export function PlanView({ original, options: chosen, problem, onStart }: PlanViewProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { queries } = useServices();
  const { data: models, error } = useQuery(queries.models);
  const options = chosen ?? (models ? defaultOptions(models) : null);
  const model = models?.find(({ slug }) => slug === options?.model);
  return (
    <>
      <h1>{t('plan.title')}</h1>
      <div className="plan">
        <figure className="plan-image">
          <img src={original.url} alt={t('plan.original')} />
          <figcaption>
            <span className="file-name">{original.name}</span> {format.bytes(original.file.size)}
          </figcaption>
        </figure>
        <div className="card plan-card">
          {models && options && model ? (
            <PlanCard
              models={models}
              model={model}
              options={options}
              original={original}
              problem={problem}
              onStart={(modelAndParams) => onStart(options, modelAndParams)}
            />
          ) : error ? (
            <ProblemAlert problem={asProblem(error)} />
          ) : (
            <p className="plan-waiting">{t('plan.loading')}</p>
          )}
        </div>
      </div>
    </>
  );
}
