import { useTranslation } from 'react-i18next';
import { useServices } from '../flow/context.ts';
import { Icon } from './Icon.tsx';

/** Said before anything is sent. */
export function WhereItGoes() {
  const { t } = useTranslation();
  const { installation } = useServices();
  return (
    <section className="where" aria-labelledby="where-title">
      <Icon name="shield" />
      <div>
        <h2 id="where-title">{t('plan.privacyTitle')}</h2>
        <p>
          {t('plan.privacy')}{' '}
          {installation.privacyUrl && (
            <a href={installation.privacyUrl} target="_blank" rel="noreferrer">
              {t('plan.privacyLink')}
            </a>
          )}
        </p>
      </div>
    </section>
  );
}
