import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { problemBesideUsage, type Problem } from '../api/problem.ts';
import type { EnhancementModel, ModelAndParams } from '../api/types.ts';
import { useDispatch, useServices } from '../flow/context.ts';
import { useFormat } from '../i18n/format.ts';
import type { Original } from '../image/read.ts';
import { estimateResult } from '../options/estimate.ts';
import type { JobOptions } from '../options/jobOptions.ts';
import { Icon } from './Icon.tsx';
import { OptionsForm } from './OptionsForm.tsx';
import { PrivacyNotice } from './PrivacyNotice.tsx';
import { ProblemAlert } from './ProblemAlert.tsx';
import { QuotaAlert } from './QuotaAlert.tsx';

type PlanCardProps = {
  models: EnhancementModel[];
  model: EnhancementModel;
  options: JobOptions;
  original: Original;
  problem: Problem | null;
  onStart: (modelAndParams: ModelAndParams) => void;
};

/** The options, the estimated result, its quota use, the start button and the privacy notice. */
export function PlanCard({ models, model, options, original, problem, onStart }: PlanCardProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const dispatch = useDispatch();
  const { queries } = useServices();
  const { data: usage } = useQuery({ ...queries.usage, refetchOnMount: 'always' });
  const { width, height } = original;
  const estimate = estimateResult(options, model, width, height);
  const shownProblem = problemBesideUsage(problem, usage);
  const usedUp = usage?.usage.remaining === 0;
  const from = format.size(width, height);
  const to = format.size(estimate.width, estimate.height);
  return (
    <>
      <OptionsForm
        models={models}
        model={model}
        options={options}
        estimate={estimate}
        onChange={(changed) => dispatch({ type: 'optionsChanged', options: changed })}
      />
      {estimate.limited && (
        <p className="hint">{t('plan.limited', { scale: format.number(estimate.scale), model: model.name })}</p>
      )}
      {shownProblem && <ProblemAlert problem={shownProblem} />}
      {usedUp && <QuotaAlert usage={usage} />}
      <p className="size-line">
        <strong>
          <span aria-hidden="true">{t('plan.sizeLine', { from, to })}</span>
          <span className="visually-hidden">{t('plan.sizeSpoken', { from, to })}</span>
        </strong>
        {usage && !usedUp && <span>{t('plan.quotaUse', { count: usage.usage.remaining })}</span>}
        <span>{t('plan.usual', { count: model.usualSeconds })}</span>
      </p>
      <div className="actions">
        <button
          type="button"
          className="button primary large"
          disabled={usedUp}
          onClick={() => onStart({ model: model.slug, params: estimate.params })}
        >
          <Icon name="spark" />
          {t('plan.start')}
        </button>
        <button type="button" className="button large" onClick={() => dispatch({ type: 'reset' })}>
          {t('plan.chooseAnother')}
        </button>
      </div>
      <PrivacyNotice />
    </>
  );
}
