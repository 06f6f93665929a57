import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import type { Parameter, Value } from '../api/types.ts';
import { useFormat } from '../i18n/format.ts';

type ParameterFieldProps = { parameter: Parameter; value: Value; onValue: (value: Value) => void };

const KNOWN = ['faceEnhance', 'version', 'fidelity', 'backgroundEnhance', 'faceUpsample'] as const;

/** The input for one model parameter: checkbox, select or slider. */
export function ParameterField({ parameter, value, onValue }: ParameterFieldProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const id = useId();
  const known = KNOWN.find((name) => name === parameter.name);
  const label = known ? t(`options.${known}`) : parameter.name;
  if (parameter.kind === 'boolean') {
    return (
      <label className="check">
        <input type="checkbox" checked={value === true} onChange={({ target }) => onValue(target.checked)} />
        <span>
          {label}
          {parameter.licence && <span className="hint"> {t('options.licence', { licence: parameter.licence })}</span>}
        </span>
      </label>
    );
  }
  if (parameter.kind === 'choice') {
    return (
      <label className="field">
        <span>{label}</span>
        <select value={String(value)} onChange={({ target }) => onValue(target.value)}>
          {(parameter.choices ?? []).map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      </label>
    );
  }
  return (
    // htmlFor, because a label without it belongs to its first labelable descendant, which is the output.
    <label className="field" htmlFor={id}>
      <span>
        {label}: <output>{format.number(Number(value))}</output>
      </span>
      <input
        id={id}
        type="range"
        min={parameter.minimum ?? 0}
        max={parameter.maximum ?? 1}
        step={parameter.kind === 'integer' ? 1 : 0.05}
        value={Number(value)}
        onChange={({ target }) => onValue(Number(target.value))}
      />
      {known === 'fidelity' && <span className="hint">{t('options.fidelityText')}</span>}
    </label>
  );
}
