import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import type { Outcome } from '../options/estimate.ts';
import { withParam, type Wish } from '../options/jobOptions.ts';

type OutputFieldsProps = { outcome: Outcome; wish: Wish; onWish: (wish: Wish) => void };

const NAMES: Record<string, string> = { webp: 'WebP', png: 'PNG', jpeg: 'JPEG' };
const DEFAULT_QUALITY = 90;

/** The result's file: a format that can't hold this size is not offered. */
export function OutputFields({ outcome, wish, onWish }: OutputFieldsProps) {
  const { t } = useTranslation();
  const id = useId();
  const quality = Number(wish.params.outputQuality ?? DEFAULT_QUALITY);
  const known = outcome.format === 'webp' || outcome.format === 'png' || outcome.format === 'jpeg';
  return (
    <>
      <label className="field">
        <span>{t('settings.outputFormat')}</span>
        <select
          value={outcome.format}
          onChange={({ target }) => onWish(withParam(wish, 'outputFormat', target.value))}
        >
          {outcome.formats.map(({ name, fits }) => (
            <option key={name} value={name} disabled={!fits}>
              {fits ? formatName(name) : t('settings.formatTooLarge', { format: formatName(name) })}
            </option>
          ))}
        </select>
        {known && <span className="hint">{t(`settings.formatText.${outcome.format as 'webp' | 'png' | 'jpeg'}`)}</span>}
      </label>
      {outcome.format !== 'png' && (
        // By id, because a label without one belongs to the first labelable element in it, which is the output.
        <label className="field" htmlFor={id}>
          <span>
            {t('settings.outputQuality')}: <output>{quality}</output>
          </span>
          <input
            id={id}
            type="range"
            min="1"
            max="100"
            value={quality}
            onChange={({ target }) => onWish(withParam(wish, 'outputQuality', Number(target.value)))}
          />
        </label>
      )}
    </>
  );
}

export function formatName(format: string): string {
  return NAMES[format] ?? format;
}
