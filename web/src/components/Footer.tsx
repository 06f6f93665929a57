import { useTranslation } from 'react-i18next';
import { useServices } from '../flow/context.ts';

export function Footer() {
  const { t } = useTranslation();
  const { installation } = useServices();
  return (
    <footer className="footer">
      {installation.privacyUrl && (
        <a href={installation.privacyUrl} rel="noreferrer">
          {t('app.privacy')}
        </a>
      )}
      <a href="/api/docs">{t('app.api')}</a>
    </footer>
  );
}
