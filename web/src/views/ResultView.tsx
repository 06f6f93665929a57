import { useState, type CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import type { Job } from '../api/types.ts';
import { CompareSlider } from '../components/CompareSlider.tsx';
import { DeleteDialog } from '../components/DeleteDialog.tsx';
import { Icon } from '../components/Icon.tsx';
import { formatName } from '../components/OutputFields.tsx';
import { RerunPanel } from '../components/RerunPanel.tsx';
import { ResultDetails } from '../components/ResultDetails.tsx';
import { ShareDialog } from '../components/ShareDialog.tsx';
import { ZoomDialog } from '../components/ZoomDialog.tsx';
import { useDispatch } from '../flow/context.ts';
import { useFormat } from '../i18n/format.ts';
import type { Size } from '../image/read.ts';

type ResultViewProps = { job: Job; originalSize: Size | null; decoded: boolean };

export function ResultView({ job, originalSize, decoded }: ResultViewProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const dispatch = useDispatch();
  const [open, setOpen] = useState<'zoom' | 'share' | 'delete' | null>(null);
  const close = () => setOpen(null);
  const { result } = job;
  const full = job.imageUrl ?? '';
  const preview = job.previewUrl ?? full;
  const before = originalSize && job.originalUrl;
  return (
    <>
      <div className="result-head">
        <h1>{t('result.title')}</h1>
        <button type="button" className="button" onClick={() => dispatch({ type: 'reset' })}>
          <Icon name="plus" />
          {t('result.newImage')}
        </button>
      </div>
      <div className="result-stage" style={{ '--ratio': ratioOf(job) } as CSSProperties}>
        {!decoded ? (
          <p className="hint">{t('result.notShown')}</p>
        ) : before ? (
          <CompareSlider before={before} after={preview}>
            <ZoomButton onClick={() => setOpen('zoom')} />
          </CompareSlider>
        ) : (
          <>
            <img className="result-single" src={preview} alt={t('result.resultAlt')} crossOrigin="anonymous" />
            <div className="compare-buttons">
              <span className="hint">{t('result.onlyResult')}</span>
              <ZoomButton onClick={() => setOpen('zoom')} />
            </div>
          </>
        )}
      </div>
      <div className="result-actions">
        <a className="button primary large" href={full} download>
          <Icon name="download" />
          {t('result.download')}
        </a>
        <button type="button" className="button large" onClick={() => setOpen('share')}>
          <Icon name="share" />
          {t('share.button')}
        </button>
        <button type="button" className="button large danger-quiet" onClick={() => setOpen('delete')}>
          <Icon name="trash" />
          {t('result.delete')}
        </button>
        {result && (
          <p className="file-line">
            {t('result.fileLine', {
              size: format.size(result.width, result.height),
              format: formatName(result.contentType.replace('image/', '')),
              bytes: format.bytes(result.bytes),
            })}
          </p>
        )}
      </div>
      <details className="card rerun-panel">
        <summary>{t('rerun.title')}</summary>
        <RerunPanel job={job} originalSize={originalSize} />
      </details>
      <ResultDetails job={job} />
      {open === 'zoom' && <ZoomDialog before={before} preview={preview} full={full} onClose={close} />}
      {open === 'share' && <ShareDialog id={job.id} onClose={close} />}
      {open === 'delete' && <DeleteDialog id={job.id} shown onClose={close} />}
    </>
  );
}

function ZoomButton({ onClick }: { onClick: () => void }) {
  const { t } = useTranslation();
  return (
    <button type="button" className="button zoom-button" onClick={onClick}>
      <Icon name="expand" />
      <span>{t('result.openZoom')}</span>
    </button>
  );
}

function ratioOf({ result }: Job): number {
  return result ? result.width / result.height : 1;
}
