import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { CancelButton } from '../components/CancelButton.tsx';
import { ElapsedTime } from '../components/ElapsedTime.tsx';
import { Icon } from '../components/Icon.tsx';
import { Stepper } from '../components/Stepper.tsx';
import { stepOf, type InProgress } from '../components/steps.ts';
import { useServices } from '../flow/context.ts';
import { useFormat } from '../i18n/format.ts';

type ProgressViewProps = { flow: InProgress; onAbort: () => void };

export function ProgressView({ flow, onAbort }: ProgressViewProps) {
  const { t } = useTranslation();
  const { queries } = useServices();
  const { data: models } = useQuery(queries.models);
  const job = flow.at === 'submitting' ? null : flow.job;
  const slug = flow.at === 'submitting' ? flow.options.model : flow.job.model;
  const model = models?.find((candidate) => candidate.slug === slug);
  return (
    <div className="progress">
      <h1>{t('progress.title')}</h1>
      <div className="card progress-card">
        <PreviewImage flow={flow} />
        <div className="progress-side">
          <Stepper now={stepOf(flow)} />
          <ProgressBar flow={flow} />
          <p className="progress-time">
            {model ? t('progress.usual', { count: model.usualSeconds }) : '\u00a0'}
            {job && <ElapsedTime since={job.createdAt} />}
          </p>
          <p className="hint" role="status">
            {job?.waitingFor ? t(`progress.waitingFor.${job.waitingFor}`) : '\u00a0'}
          </p>
          {flow.at === 'submitting' && (
            <button type="button" className="button" disabled={flow.uploaded} onClick={onAbort}>
              <Icon name="close" />
              {t('progress.cancel')}
            </button>
          )}
          {flow.at === 'running' && <CancelButton job={flow.job} />}
          {flow.at === 'running' && <ConnectionHint id={flow.job.id} />}
          <p className="hint">{job ? t('progress.canClose') : '\u00a0'}</p>
        </div>
      </div>
    </div>
  );
}

/** Shows the previous result until the new one is ready; without one, the original. */
function PreviewImage({ flow }: { flow: InProgress }) {
  const { t } = useTranslation();
  const previous = flow.at === 'submitting' ? null : flow.previous;
  const shown = previous?.previewUrl ?? flow.original?.url ?? (flow.at === 'submitting' ? null : flow.job.originalUrl);
  return (
    <figure className="progress-image">
      {shown && (
        <img
          src={shown}
          alt={previous ? t('progress.previousResult') : t('plan.original')}
          crossOrigin={shown.startsWith('blob:') ? undefined : 'anonymous'}
        />
      )}
      {!previous && <span className="shimmer" aria-hidden="true" />}
    </figure>
  );
}

/** A progress bar if there is a number: from the browser during upload, from the provider if it reports one. */
function ProgressBar({ flow }: { flow: InProgress }) {
  const { t } = useTranslation();
  const format = useFormat();
  const reported = flow.at === 'running' ? flow.job.percent : null;
  const fraction = flow.at === 'submitting' && !flow.uploaded ? flow.progress : reported === null ? null : reported / 100;
  if (fraction === null) return <div className="bar bar-none" aria-hidden="true" />;
  return (
    <div className="bar">
      <progress
        max={1}
        value={fraction}
        aria-label={flow.at === 'submitting' ? t('progress.uploading') : t('progress.enhancing')}
      />
      <span aria-hidden="true">{format.percent(fraction)}</span>
    </div>
  );
}

function ConnectionHint({ id }: { id: string }) {
  const { t } = useTranslation();
  const { queries } = useServices();
  const { error } = useQuery({ ...queries.job(id), enabled: false });
  return error ? <p className="hint">{t('progress.reconnecting')}</p> : null;
}
