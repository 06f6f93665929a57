import { useState, type ReactNode } from 'react';
import { Handle, HandleRoot, Item, Provider, Root } from 'react-compare-slider/components';
import { useReactCompareSlider } from 'react-compare-slider/hooks';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../i18n/format.ts';
import { Icon } from './Icon.tsx';

type CompareSliderProps = {
  before: string;
  after: string;
  /** Only the handle moves the divider, because dragging elsewhere pans the image. */
  handleOnly?: boolean;
  children?: ReactNode;
};

const STEP = 10;

/** A before/after slider: the divider moves by pointer, arrow keys or two buttons. */
export function CompareSlider({ before, after, handleOnly, children }: CompareSliderProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const [position, setPosition] = useState(50);
  const slider = useReactCompareSlider({
    onPositionChange: setPosition,
    ...(handleOnly ? { onlyHandleDraggable: true } : {}),
  });
  const move = (by: number) => slider.setPosition(slider.position.current + by);
  const fraction = Math.round(position) / 100;
  const shown = { before: format.percent(fraction), after: format.percent(1 - fraction) };
  return (
    <div className="compare">
      <Provider {...slider}>
        <Root className="compare-root" style={{ touchAction: handleOnly ? 'none' : 'pan-y' }}>
          <Item item="itemOne" className="compare-item">
            <img src={before} alt={t('result.beforeAlt')} crossOrigin="anonymous" draggable={false} />
            <span className="compare-label compare-before" aria-hidden="true">
              {t('result.before')}
            </span>
          </Item>
          <Item item="itemTwo" className="compare-item">
            <img src={after} alt={t('result.resultAlt')} crossOrigin="anonymous" draggable={false} />
            <span className="compare-label compare-after" aria-hidden="true">
              {t('result.after')}
            </span>
          </Item>
          <HandleRoot
            aria-label={t('result.compare')}
            aria-valuenow={Math.round(position)}
            aria-valuetext={t('result.sliderValue', shown)}
            className="compare-handle"
          >
            <Handle buttonStyle={{ backgroundColor: 'rgb(14 20 22 / 55%)' }} />
          </HandleRoot>
        </Root>
      </Provider>
      <div className="compare-buttons">
        <button type="button" className="button round" aria-label={t('result.moreAfter')} onClick={() => move(-STEP)}>
          <Icon name="minus" />
        </button>
        <span className="compare-caption" aria-hidden="true">
          {t('result.compare')}
        </span>
        <button type="button" className="button round" aria-label={t('result.moreBefore')} onClick={() => move(STEP)}>
          <Icon name="plus" />
        </button>
        {children}
      </div>
    </div>
  );
}
