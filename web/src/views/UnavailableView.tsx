import { useTranslation } from 'react-i18next';
import { Icon } from '../components/Icon.tsx';
import { useDispatch } from '../flow/context.ts';

export function UnavailableView({ why }: { why: 'unknown' | 'expired' }) {
  const { t } = useTranslation();
  const dispatch = useDispatch();
  return (
    <div className="narrow">
      <h1>{t('gone.title')}</h1>
      <div className="card stack">
        <p>{t(`gone.${why}`)}</p>
        {why === 'unknown' && <p>{t('gone.next')}</p>}
        <div className="actions">
          <button type="button" className="button primary" onClick={() => dispatch({ type: 'reset' })}>
            <Icon name="plus" />
            {t('gone.again')}
          </button>
        </div>
      </div>
    </div>
  );
}
