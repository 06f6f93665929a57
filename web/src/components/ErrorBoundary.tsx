import { Component, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

/** Shows an error page when a component throws. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    return this.state.broken ? <ErrorPage /> : this.props.children;
  }
}

function ErrorPage() {
  const { t } = useTranslation();
  return (
    <main className="card narrow">
      <div className="narrow" role="alert">
        <h1>{t('app.crash.title')}</h1>
        <p>{t('app.crash.text')}</p>
        <button type="button" className="button primary" onClick={() => location.reload()}>
          {t('app.crash.reload')}
        </button>
      </div>
    </main>
  );
}
