import { useTranslation } from 'react-i18next';
import { useFormat } from '../i18n/format.ts';

type ScaleFieldProps = { scales: number[]; scale: number; onScale: (scale: number) => void };

export function ScaleField({ scales, scale, onScale }: ScaleFieldProps) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <fieldset className="chips">
      <legend>{t('options.scale')}</legend>
      {scales.map((step) => (
        <label key={step} className="chip">
          <input type="radio" name="scale" checked={step === scale} onChange={() => onScale(step)} />
          <span>{step === 1 ? t('options.scaleSame') : t('options.scaleValue', { scale: format.number(step) })}</span>
        </label>
      ))}
    </fieldset>
  );
}
