import { useState, type CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import type { Job } from '../api/types.ts';
import { useDispatch } from '../flow/context.ts';
import { useFormat } from '../i18n/format.ts';
import { CloseUp } from '../components/ZoomDialog.tsx';
import { Compare } from '../components/CompareSlider.tsx';
import { Facts } from '../components/ResultDetails.tsx';
import { Icon } from '../components/Icon.tsx';
import { formatName } from '../components/OutputFields.tsx';
import { RemoveDialog } from '../components/DeleteDialog.tsx';
import { ShareDialog } from '../components/ShareDialog.tsx';
import { TryOther } from '../components/RerunPanel.tsx';
import type { Size } from '../image/read.ts';

type ResultViewProps = { job: Job; originalSize: Size | null; decoded: boolean };

export function ResultView({ job, originalSize, decoded }: ResultViewProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const dispatch = useDispatch();
  const [open, setOpen] = useState<'closeUp' | 'share' | 'remove' | null>(null);
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
          {t('result.again')}
        </button>
      </div>
      <div className="result-stage" style={{ '--ratio': ratioOf(job) } as CSSProperties}>
        {!decoded ? (
          <p className="hint">{t('result.notShown')}</p>
        ) : before ? (
          <Compare before={before} after={preview}>
            <CloseUpButton onClick={() => setOpen('closeUp')} />
          </Compare>
        ) : (
          <>
            <img className="result-single" src={preview} alt={t('result.resultAlt')} crossOrigin="anonymous" />
            <div className="compare-buttons">
              <span className="hint">{t('result.onlyResult')}</span>
              <CloseUpButton onClick={() => setOpen('closeUp')} />
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
        <button type="button" className="button large danger-quiet" onClick={() => setOpen('remove')}>
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
      <details className="card try-other">
        <summary>{t('result.tryOther')}</summary>
        <TryOther job={job} originalSize={originalSize} />
      </details>
      <Facts job={job} />
      {open === 'closeUp' && <CloseUp before={before} preview={preview} full={full} onClose={close} />}
      {open === 'share' && <ShareDialog id={job.id} onClose={close} />}
      {open === 'remove' && <RemoveDialog id={job.id} shown onClose={close} />}
    </>
  );
}

function CloseUpButton({ onClick }: { onClick: () => void }) {
  const { t } = useTranslation();
  return (
    <button type="button" className="button close-up-button" onClick={onClick}>
      <Icon name="expand" />
      <span>{t('result.closeUp')}</span>
    </button>
  );
}

function ratioOf({ result }: Job): number {
  return result ? result.width / result.height : 1;
}
