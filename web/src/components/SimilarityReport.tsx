import { useTranslation } from 'react-i18next';
import type { Job } from '../api/types.ts';
import { useFormat } from '../i18n/format.ts';

/** The similarity measures, each with a hint on how to read it. */
export function SimilarityReport({ report }: { report: NonNullable<Job['report']> }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { sharpnessGain } = report;
  return (
    <>
      <dl className="measures">
        <div>
          <dt>{t('details.colourShift')}</dt>
          <dd className="measure">{format.measure(report.colourShift)}</dd>
          <dd>{t('details.colourShiftText')}</dd>
        </div>
        <div>
          <dt>{t('details.structuralSimilarity')}</dt>
          <dd className="measure">{format.measure(report.structuralSimilarity)}</dd>
          <dd>{t('details.structuralSimilarityText')}</dd>
        </div>
        {sharpnessGain !== null && (
          <div>
            <dt>{t('details.sharpnessGain')}</dt>
            <dd className="measure">{t('details.times', { value: format.measure(sharpnessGain) })}</dd>
            <dd>{t('details.sharpnessGainText')}</dd>
          </div>
        )}
      </dl>
      <p className="hint">{t('details.measured')}</p>
    </>
  );
}
