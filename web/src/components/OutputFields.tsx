import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import type { Estimate } from '../options/estimate.ts';
import { withParam, type JobOptions } from '../options/jobOptions.ts';

type OutputFieldsProps = { estimate: Estimate; options: JobOptions; onChange: (options: JobOptions) => void };

const NAMES: Record<string, string> = { webp: 'WebP', png: 'PNG', jpeg: 'JPEG' };
const DEFAULT_QUALITY = 90;

/** File format and quality of the result; formats that can't hold its size are disabled. */
export function OutputFields({ estimate, options, onChange }: OutputFieldsProps) {
  const { t } = useTranslation();
  const id = useId();
  const quality = Number(options.params.outputQuality ?? DEFAULT_QUALITY);
  const known = estimate.format === 'webp' || estimate.format === 'png' || estimate.format === 'jpeg';
  return (
    <>
      <label className="field">
        <span>{t('options.outputFormat')}</span>
        <select
          value={estimate.format}
          onChange={({ target }) => onChange(withParam(options, 'outputFormat', target.value))}
        >
          {estimate.formats.map(({ name, fits }) => (
            <option key={name} value={name} disabled={!fits}>
              {fits ? formatName(name) : t('options.formatUnavailable', { format: formatName(name) })}
            </option>
          ))}
        </select>
        {known && <span className="hint">{t(`options.formatText.${estimate.format as 'webp' | 'png' | 'jpeg'}`)}</span>}
      </label>
      {estimate.format !== 'png' && (
        // htmlFor, because a label without it belongs to its first labelable descendant, which is the output.
        <label className="field" htmlFor={id}>
          <span>
            {t('options.outputQuality')}: <output>{quality}</output>
          </span>
          <input
            id={id}
            type="range"
            min="1"
            max="100"
            value={quality}
            onChange={({ target }) => onChange(withParam(options, 'outputQuality', Number(target.value)))}
          />
        </label>
      )}
    </>
  );
}

export function formatName(format: string): string {
  return NAMES[format] ?? format;
}
