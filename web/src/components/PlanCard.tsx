import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Problem } from '../api/problem.ts';
import type { EnhancementModel } from '../api/types.ts';
import { useDispatch, useTools } from '../flow/context.ts';
import type { Order } from '../flow/submit.ts';
import { useFormat } from '../i18n/format.ts';
import type { Original } from '../image/read.ts';
import { outcomeOf } from '../options/estimate.ts';
import type { Wish } from '../options/jobOptions.ts';
import { Icon } from './Icon.tsx';
import { ProblemNote } from './ProblemAlert.tsx';
import { QuotaNote } from './QuotaAlert.tsx';
import { Settings } from './OptionsForm.tsx';
import { WhereItGoes } from './PrivacyNotice.tsx';

type PlanCardProps = {
  models: EnhancementModel[];
  model: EnhancementModel;
  wish: Wish;
  original: Original;
  problem: Problem | null;
  onStart: (order: Order) => void;
};

/** The goal, what comes of it, what it costs, and where the picture goes. */
export function PlanCard({ models, model, wish, original, problem, onStart }: PlanCardProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const dispatch = useDispatch();
  const { queries } = useTools();
  const { data: usage } = useQuery({ ...queries.usage, refetchOnMount: 'always' });
  const { width, height } = original;
  const outcome = outcomeOf(wish, model, width, height);
  const usedUp = usage?.usage.remaining === 0;
  const from = format.size(width, height);
  const to = format.size(outcome.width, outcome.height);
  return (
    <>
      <Settings
        models={models}
        model={model}
        wish={wish}
        outcome={outcome}
        onWish={(changed) => dispatch({ type: 'wished', wish: changed })}
      />
      {outcome.limited && (
        <p className="hint">{t('plan.limited', { scale: format.number(outcome.scale), model: model.name })}</p>
      )}
      {problem && <ProblemNote problem={problem} />}
      {usedUp && <QuotaNote usage={usage} />}
      <p className="size-line">
        <strong>
          <span aria-hidden="true">{t('plan.sizeLine', { from, to })}</span>
          <span className="unseen">{t('plan.sizeSpoken', { from, to })}</span>
        </strong>
        {usage && !usedUp && <span>{t('plan.uses', { left: usage.usage.remaining })}</span>}
        <span>{t('plan.usual', { count: model.usualSeconds })}</span>
      </p>
      <div className="actions">
        <button
          type="button"
          className="button primary large"
          disabled={usedUp}
          onClick={() => onStart({ model: model.slug, params: outcome.params })}
        >
          <Icon name="spark" />
          {t('plan.start')}
        </button>
        <button type="button" className="button large" onClick={() => dispatch({ type: 'left' })}>
          {t('plan.another')}
        </button>
      </div>
      <WhereItGoes />
    </>
  );
}
