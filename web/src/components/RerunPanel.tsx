import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Job } from '../api/types.ts';
import { hasOriginal, useAgain } from '../flow/useRerun.ts';
import { useTools } from '../flow/context.ts';
import { asProblem } from '../flow/useEnhance.ts';
import { useFormat } from '../i18n/format.ts';
import type { Size } from '../image/read.ts';
import { outcomeOf } from '../options/estimate.ts';
import { firstWish, type Wish } from '../options/jobOptions.ts';
import { ProblemNote } from './ProblemAlert.tsx';
import { QuotaNote } from './QuotaAlert.tsx';
import { Settings } from './OptionsForm.tsx';

/** Another goal, model or format for the same original, as long as that is there. */
export function TryOther({ job, originalSize }: { job: Job; originalSize: Size | null }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { queries } = useTools();
  const { data: models, error } = useQuery(queries.models);
  const { data: usage } = useQuery(queries.usage);
  const [chosen, setChosen] = useState<Wish | null>(null);
  const again = useAgain(job);
  const wish = chosen ?? (models ? firstWish(models) : null);
  const model = models?.find(({ slug }) => slug === wish?.model);
  if (!originalSize || !hasOriginal(job, new Date())) return <p className="hint">{t('result.originalGone')}</p>;
  if (!models && error) return <ProblemNote problem={asProblem(error)} />;
  if (!models || !wish || !model) return <p className="hint">{t('plan.loading')}</p>;
  const outcome = outcomeOf(wish, model, originalSize.width, originalSize.height);
  const usedUp = usage?.usage.remaining === 0;
  return (
    <div className="stack">
      <p className="hint">{t('result.tryOtherText')}</p>
      <Settings models={models} model={model} wish={wish} outcome={outcome} onWish={setChosen} />
      {usedUp && <QuotaNote usage={usage} />}
      <p className="size-line">
        <strong>
          {t('plan.sizeLine', {
            from: format.size(originalSize.width, originalSize.height),
            to: format.size(outcome.width, outcome.height),
          })}
        </strong>
        {usage && !usedUp && <span>{t('plan.uses', { left: usage.usage.remaining })}</span>}
      </p>
      <button
        type="button"
        className="button primary"
        disabled={again.isPending || usedUp}
        onClick={() => again.mutate({ model: wish.model, params: outcome.params })}
      >
        {t('result.tryStart')}
      </button>
      {again.isError && <ProblemNote problem={asProblem(again.error)} />}
    </div>
  );
}
