import { useTranslation } from 'react-i18next';
import type { Job } from '../api/types.ts';
import { useFormat } from '../i18n/format.ts';

const NAMES: Record<string, 'grey' | 'palette' | 'blackAndWhite' | 'gamma' | 'largeProfile'> = {
  L: 'grey',
  LA: 'grey',
  P: 'palette',
  '1': 'blackAndWhite',
  gamma: 'gamma',
  linear: 'gamma',
  'large profile': 'largeProfile',
};

/** What was done to the picture before the provider got it. */
export function PreprocessingList({ prepared }: { prepared: NonNullable<Job['prepared']> }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { oriented, metadataRemoved, converted, reducedFrom, transparencyFilled, hdrRemoved } = prepared;
  const name = converted === null ? undefined : NAMES[converted];
  const lines = [
    metadataRemoved ? t('facts.metadataRemoved') : t('facts.noMetadata'),
    oriented && t('facts.oriented'),
    converted !== null && t('facts.converted', { from: name ? t(`facts.${name}`) : converted }),
    reducedFrom && t('facts.reduced', { from: format.size(reducedFrom[0] ?? 0, reducedFrom[1] ?? 0) }),
    transparencyFilled && t('facts.transparencyFilled'),
    hdrRemoved && t('facts.hdrRemoved'),
  ].filter((line) => typeof line === 'string');
  const changed = lines.length > 1 || metadataRemoved;
  return (
    <ul className="plain-list">
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
      {!changed && <li>{t('facts.unchanged')}</li>}
    </ul>
  );
}
