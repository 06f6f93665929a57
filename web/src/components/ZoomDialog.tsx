import { useEffect, useState, type CSSProperties, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../i18n/format.ts';
import { decodedSize } from '../image/read.ts';
import { Compare } from './CompareSlider.tsx';
import { useGlass } from './useZoomPan.ts';
import { Icon, type IconName } from './Icon.tsx';
import { Modal } from './Modal.tsx';

type CloseUpProps = { before: string | null; preview: string; full: string; onClose: () => void };

const ZOOM_STEP = 1.5;
const PAN_STEP = 80;
const PANS = [
  ['moveLeft', 'left', PAN_STEP, 0],
  ['moveUp', 'up', 0, PAN_STEP],
  ['moveDown', 'down', 0, -PAN_STEP],
  ['moveRight', 'right', -PAN_STEP, 0],
] as const;

/** The full file, loaded only here, with zoom and pan of both sides together. */
export function CloseUp({ before, preview, full, onClose }: CloseUpProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { stage, glass, handlers, magnify, move, fit } = useGlass();
  const [loaded, setLoaded] = useState<'loading' | 'full' | 'failed'>('loading');
  useEffect(() => {
    void decodedSize(full, true).then((size) => setLoaded(size ? 'full' : 'failed'));
  }, [full]);
  const after = loaded === 'full' ? full : preview;
  const zoom = format.percent(glass.zoom);
  const onKeyDown = ({ key }: KeyboardEvent) => {
    if (key === '+' || key === '=') magnify(ZOOM_STEP);
    if (key === '-') magnify(1 / ZOOM_STEP);
    if (key === '0') fit();
  };
  const seen = { '--zoom': glass.zoom, '--x': `${glass.x}px`, '--y': `${glass.y}px` } as CSSProperties;
  return (
    <Modal className="close-up" title={t('closeUp.title')} onClose={onClose} onKeyDown={onKeyDown}>
      <p className="close-up-state" role="status">
        {t(`closeUp.${loaded}`)}
      </p>
      <div
        ref={stage}
        className="close-up-stage"
        role="group"
        aria-label={t('closeUp.area', { zoom })}
        style={seen}
        {...handlers}
      >
        {before ? (
          <Compare before={before} after={after} handleOnly />
        ) : (
          <img className="close-up-single" src={after} alt={t('result.resultAlt')} crossOrigin="anonymous" />
        )}
      </div>
      <div className="close-up-tools">
        <Tool label={t('closeUp.zoomOut')} icon="minus" onClick={() => magnify(1 / ZOOM_STEP)} off={glass.zoom <= 1} />
        <span className="close-up-zoom" aria-hidden="true">
          {zoom}
        </span>
        <Tool label={t('closeUp.zoomIn')} icon="plus" onClick={() => magnify(ZOOM_STEP)} />
        {PANS.map(([label, icon, x, y]) => (
          <Tool key={label} label={t(`closeUp.${label}`)} icon={icon} onClick={() => move(x, y)} off={glass.zoom <= 1} />
        ))}
        <Tool label={t('closeUp.fit')} icon="expand" onClick={fit} off={glass.zoom <= 1} />
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
