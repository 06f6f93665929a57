import { useTranslation } from 'react-i18next';
import { useServices } from '../flow/context.ts';
import { Icon } from './Icon.tsx';

/** Where the image is sent and when it is deleted; shown before anything is sent. */
export function PrivacyNotice() {
  const { t } = useTranslation();
  const { installation } = useServices();
  return (
    <section className="privacy-notice" aria-labelledby="privacy-title">
      <Icon name="shield" />
      <div>
        <h2 id="privacy-title">{t('plan.privacyTitle')}</h2>
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
