import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Job } from '../api/types.ts';
import { useServices } from '../flow/context.ts';
import { relativeAndAbsolute } from '../i18n/explain.ts';
import { useFormat } from '../i18n/format.ts';
import { PreprocessingList } from './PreprocessingList.tsx';
import { SimilarityReport } from './SimilarityReport.tsx';

/** Details of a result: similarity, preparation, deletion times, model and AI label. */
export function ResultDetails({ job }: { job: Job }) {
  const { t } = useTranslation();
  const { queries } = useServices();
  const { data: models } = useQuery(queries.models);
  const format = useFormat();
  const now = new Date();
  const original = new Date(job.expires.original);
  const took = job.timings.totalMs;
  const model = models?.find(({ slug }) => slug === job.model)?.name ?? job.model;
  return (
    <section className="details-section" aria-labelledby="details-title">
      <h2 id="details-title">{t('details.title')}</h2>
      <div className="details-grid">
        {job.report && (
          <Fact title={t('details.similarity')} wide>
            <SimilarityReport report={job.report} />
          </Fact>
        )}
        {job.prepared && (
          <Fact title={t('details.preparation')}>
            <PreprocessingList prepared={job.prepared} />
          </Fact>
        )}
        <Fact title={t('details.deletion')}>
          <p>
            {original > now
              ? t('details.originalIn', { when: relativeAndAbsolute(original, format, now) })
              : t('details.originalDeleted')}
          </p>
          <p>{t('details.resultIn', { when: relativeAndAbsolute(new Date(job.expires.result), format, now) })}</p>
        </Fact>
        <Fact title={t('details.made')}>
          <p>{t('details.model', { model, scale: format.number(Number(job.params.scale ?? 1)) })}</p>
          {took !== null && <p>{t('details.duration', { time: format.seconds(took / 1000) })}</p>}
        </Fact>
        <Fact title={t('details.aiLabel')} wide>
          <p>{t('details.aiLabelText')}</p>
        </Fact>
      </div>
    </section>
  );
}

function Fact({ title, wide = false, children }: { title: string; wide?: boolean; children: ReactNode }) {
  return (
    <div className={wide ? 'card detail detail-wide' : 'card detail'}>
      <h3>{title}</h3>
      {children}
    </div>
  );
}
