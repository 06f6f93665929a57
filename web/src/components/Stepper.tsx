import { useTranslation } from 'react-i18next';
import { Icon } from './Icon.tsx';
import { STEPS, type Step } from './steps.ts';

export function Stepper({ now }: { now: Step }) {
  const { t } = useTranslation();
  const at = STEPS.indexOf(now);
  return (
    <ol className="steps" aria-label={t('progress.steps')}>
      {STEPS.map((step, index) => {
        const state = index < at ? 'done' : index === at ? 'now' : 'next';
        return (
          <li key={step} className={`step step-${state}`} aria-current={state === 'now' ? 'step' : undefined}>
            <span className="step-dot">{state === 'done' ? <Icon name="check" /> : null}</span>
            <span>
              {step === 'upload' && state === 'now' ? t('progress.uploading') : t(`progress.${step}`)}
              <span className="visually-hidden"> ({spoken(state)})</span>
            </span>
          </li>
        );
      })}
    </ol>
  );

  function spoken(state: 'done' | 'now' | 'next'): string {
    if (state === 'done') return t('progress.stepDone');
    return state === 'now' ? t('progress.stepCurrent') : t('progress.stepPending');
  }
}
