import { useEffect, useState, type CSSProperties, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../i18n/format.ts';
import { decodedSize } from '../image/read.ts';
import { CompareSlider } from './CompareSlider.tsx';
import { Icon, type IconName } from './Icon.tsx';
import { Modal } from './Modal.tsx';
import { useZoomPan } from './useZoomPan.ts';

type ZoomDialogProps = { before: string | null; preview: string; full: string; onClose: () => void };

const ZOOM_STEP = 1.5;
const PAN_STEP = 80;
const PANS = [
  ['moveLeft', 'left', PAN_STEP, 0],
  ['moveUp', 'up', 0, PAN_STEP],
  ['moveDown', 'down', 0, -PAN_STEP],
  ['moveRight', 'right', -PAN_STEP, 0],
] as const;

/** Shows the full-size result with synchronized zoom and pan of both sides. The full file is loaded only here. */
export function ZoomDialog({ before, preview, full, onClose }: ZoomDialogProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { stage, zoomPan, handlers, zoomBy, panBy, fit } = useZoomPan();
  const [loaded, setLoaded] = useState<'loading' | 'full' | 'failed'>('loading');
  useEffect(() => {
    void decodedSize(full, true).then((size) => setLoaded(size ? 'full' : 'failed'));
  }, [full]);
  const after = loaded === 'full' ? full : preview;
  const zoom = format.percent(zoomPan.zoom);
  const onKeyDown = ({ key }: KeyboardEvent) => {
    if (key === '+' || key === '=') zoomBy(ZOOM_STEP);
    if (key === '-') zoomBy(1 / ZOOM_STEP);
    if (key === '0') fit();
  };
  const seen = { '--zoom': zoomPan.zoom, '--x': `${zoomPan.x}px`, '--y': `${zoomPan.y}px` } as CSSProperties;
  return (
    <Modal className="zoom-dialog" title={t('zoom.title')} onClose={onClose} onKeyDown={onKeyDown}>
      <p className="zoom-state" role="status">
        {t(`zoom.${loaded}`)}
      </p>
      <div
        ref={stage}
        className="zoom-stage"
        role="group"
        aria-label={t('zoom.area', { zoom })}
        style={seen}
        {...handlers}
      >
        {before ? (
          <CompareSlider before={before} after={after} handleOnly />
        ) : (
          <img className="zoom-single" src={after} alt={t('result.resultAlt')} crossOrigin="anonymous" />
        )}
      </div>
      <div className="zoom-tools">
        <Tool label={t('zoom.zoomOut')} icon="minus" onClick={() => zoomBy(1 / ZOOM_STEP)} off={zoomPan.zoom <= 1} />
        <span className="zoom-level" aria-hidden="true">
          {zoom}
        </span>
        <Tool label={t('zoom.zoomIn')} icon="plus" onClick={() => zoomBy(ZOOM_STEP)} />
        {PANS.map(([label, icon, x, y]) => (
          <Tool key={label} label={t(`zoom.${label}`)} icon={icon} onClick={() => panBy(x, y)} off={zoomPan.zoom <= 1} />
        ))}
        <Tool label={t('zoom.fit')} icon="expand" onClick={fit} off={zoomPan.zoom <= 1} />
      </div>
    </Modal>
  );
}

type ToolProps = { label: string; icon: IconName; onClick: () => void; off?: boolean };

function Tool({ label, icon, onClick, off = false }: ToolProps) {
  return (
    <button type="button" className="button round" aria-label={label} aria-disabled={off} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}
