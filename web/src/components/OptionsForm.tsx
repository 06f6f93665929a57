import { useTranslation } from 'react-i18next';
import type { EnhancementModel } from '../api/types.ts';
import type { Outcome } from '../options/estimate.ts';
import { goalsOf, wishFor, withModel, withParam, type Wish } from '../options/jobOptions.ts';
import { OutputFields } from './OutputFields.tsx';
import { ParameterField } from './ParameterField.tsx';
import { ScaleField } from './ScaleField.tsx';

type SettingsProps = {
  models: EnhancementModel[];
  model: EnhancementModel;
  wish: Wish;
  outcome: Outcome;
  onWish: (wish: Wish) => void;
};

const OURS = ['scale', 'outputFormat', 'outputQuality'];

/** Goal first; the model, its parameters and the file below “More”. */
export function Settings({ models, model, wish, outcome, onWish }: SettingsProps) {
  const { t } = useTranslation();
  return (
    <>
      <fieldset className="goals">
        <legend>{t('goal.legend')}</legend>
        {goalsOf(models).map((goal) => (
          <label key={goal} className="goal">
            <input
              type="radio"
              name="goal"
              checked={wish.goal === goal}
              onChange={() => onWish(wishFor(goal, models) ?? wish)}
            />
            <span>
              <span className="goal-name">{t(`goal.${goal}`)}</span>
              <span className="goal-text">{t(`goal.${goal}Text`)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <details className="more">
        <summary>{t('plan.more')}</summary>
        <div className="more-fields">
          <ScaleField
            scales={outcome.scales}
            scale={outcome.scale}
            onScale={(scale) => onWish(withParam(wish, 'scale', scale))}
          />
          <OutputFields outcome={outcome} wish={wish} onWish={onWish} />
          <label className="field">
            <span>{t('settings.model')}</span>
            <select
              value={model.slug}
              onChange={({ target }) => {
                const chosen = models.find(({ slug }) => slug === target.value);
                if (chosen) onWish(withModel(wish, chosen));
              }}
            >
              {models.map(({ slug, name }) => (
                <option key={slug} value={slug}>
                  {name}
                </option>
              ))}
            </select>
            <span className="hint">
              {t('settings.licence', { licence: model.licence })} · {t('plan.usual', { count: model.usualSeconds })}
            </span>
          </label>
          {model.params
            .filter(({ name }) => !OURS.includes(name))
            .map((parameter) => (
              <ParameterField
                key={parameter.name}
                parameter={parameter}
                value={wish.params[parameter.name] ?? parameter.default}
                onValue={(value) => onWish(withParam(wish, parameter.name, value))}
              />
            ))}
        </div>
      </details>
    </>
  );
}
