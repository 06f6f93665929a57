import { useTranslation } from 'react-i18next';
import { Icon } from '../components/Icon.tsx';
import { useDispatch } from '../flow/context.ts';

export function UnavailableView({ reason }: { reason: 'unknown' | 'expired' }) {
  const { t } = useTranslation();
  const dispatch = useDispatch();
  return (
    <div className="narrow">
      <h1>{t('unavailable.title')}</h1>
      <div className="card stack">
        <p>{t(`unavailable.${reason}`)}</p>
        {reason === 'unknown' && <p>{t('unavailable.next')}</p>}
        <div className="actions">
          <button type="button" className="button primary" onClick={() => dispatch({ type: 'reset' })}>
            <Icon name="plus" />
            {t('unavailable.newImage')}
          </button>
        </div>
      </div>
    </div>
  );
}
