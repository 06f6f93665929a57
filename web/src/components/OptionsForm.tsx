import { useTranslation } from 'react-i18next';
import type { EnhancementModel } from '../api/types.ts';
import type { Estimate } from '../options/estimate.ts';
import { availableGoals, optionsForGoal, withModel, withParam, type JobOptions } from '../options/jobOptions.ts';
import { OutputFields } from './OutputFields.tsx';
import { ParameterField } from './ParameterField.tsx';
import { ScaleField } from './ScaleField.tsx';

type OptionsFormProps = {
  models: EnhancementModel[];
  model: EnhancementModel;
  options: JobOptions;
  estimate: Estimate;
  onChange: (options: JobOptions) => void;
};

const OUTPUT_PARAMS = ['scale', 'outputFormat', 'outputQuality'];

/** The form for job options: the goals, and under “More options” the model, its parameters and the output format. */
export function OptionsForm({ models, model, options, estimate, onChange }: OptionsFormProps) {
  const { t } = useTranslation();
  return (
    <>
      <fieldset className="goals">
        <legend>{t('goal.legend')}</legend>
        {availableGoals(models).map((goal) => (
          <label key={goal} className="goal">
            <input
              type="radio"
              name="goal"
              checked={options.goal === goal}
              onChange={() => onChange(optionsForGoal(goal, models) ?? options)}
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
            scales={estimate.scales}
            scale={estimate.scale}
            onScale={(scale) => onChange(withParam(options, 'scale', scale))}
          />
          <OutputFields estimate={estimate} options={options} onChange={onChange} />
          <label className="field">
            <span>{t('options.model')}</span>
            <select
              value={model.slug}
              onChange={({ target }) => {
                const chosen = models.find(({ slug }) => slug === target.value);
                if (chosen) onChange(withModel(options, chosen));
              }}
            >
              {models.map(({ slug, name }) => (
                <option key={slug} value={slug}>
                  {name}
                </option>
              ))}
            </select>
            <span className="hint">
              {t('options.licence', { licence: model.licence })} · {t('plan.usual', { count: model.usualSeconds })}
            </span>
          </label>
          {model.params
            .filter(({ name }) => !OUTPUT_PARAMS.includes(name))
            .map((parameter) => (
              <ParameterField
                key={parameter.name}
                parameter={parameter}
                value={options.params[parameter.name] ?? parameter.default}
                onValue={(value) => onChange(withParam(options, parameter.name, value))}
              />
            ))}
        </div>
      </details>
    </>
  );
}
