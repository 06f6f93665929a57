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

/** Lists the changes made to the image before it was sent to the provider. */
export function PreprocessingList({ prepared }: { prepared: NonNullable<Job['prepared']> }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { oriented, metadataRemoved, converted, reducedFrom, transparencyFilled, hdrRemoved } = prepared;
  const name = converted === null ? undefined : NAMES[converted];
  const lines = [
    metadataRemoved ? t('details.metadataRemoved') : t('details.noMetadata'),
    oriented && t('details.oriented'),
    converted !== null && t('details.converted', { from: name ? t(`details.${name}`) : converted }),
    reducedFrom && t('details.reduced', { from: format.size(reducedFrom[0] ?? 0, reducedFrom[1] ?? 0) }),
    transparencyFilled && t('details.transparencyFilled'),
    hdrRemoved && t('details.hdrRemoved'),
  ].filter((line) => typeof line === 'string');
  const changed = lines.length > 1 || metadataRemoved;
  return (
    <ul className="plain-list">
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
      {!changed && <li>{t('details.unchanged')}</li>}
    </ul>
  );
}
