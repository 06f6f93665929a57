import './styles/tokens.css';
import './styles/base.css';
import './styles/frame.css';
import './styles/start.css';
import './styles/plan.css';
import './styles/progress.css';
import './styles/result.css';
import './styles/compare.css';
import './styles/dialogs.css';
import './styles/history.css';
import 'sonner/dist/styles.css';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Api } from './api/client.ts';
import { Problem } from './api/problem.ts';
import { createQueries } from './api/queries.ts';
import { putFile } from './api/uploadFile.ts';
import { App } from './App.tsx';
import { ErrorBoundary } from './components/ErrorBoundary.tsx';
import { ServicesProvider, type Services } from './flow/context.ts';
import { JobSubmitter } from './flow/submit.ts';
import { currentLanguage, startLanguage } from './i18n/language.ts';
import { readInstallation } from './identity/installation.ts';
import { completeSignIn, takeSignInRedirect } from './identity/sign-in.ts';

const MAX_RETRIES = 2;

async function start(): Promise<void> {
  const answer = takeSignInRedirect();
  const [installation] = await Promise.all([readInstallation(), startLanguage()]);
  const api = new Api(currentLanguage);
  const signInFailed = answer !== null && !(await signedIn(api, installation.oidc, answer));
  const services: Services = {
    api,
    queries: createQueries(api),
    submitter: new JobSubmitter(api, putFile, (milliseconds) => new Promise((done) => setTimeout(done, milliseconds))),
    installation,
  };
  createRoot(document.getElementById('root') as HTMLElement).render(
    <StrictMode>
      <ErrorBoundary>
        <QueryClientProvider client={queryClient()}>
          <ServicesProvider value={services}>
            <App signInFailed={signInFailed} />
          </ServicesProvider>
        </QueryClientProvider>
      </ErrorBoundary>
    </StrictMode>,
  );
}

function queryClient(): QueryClient {
  const transient = (error: Error) =>
    error instanceof Problem && ['unreachable', 'internal_error', 'service_unavailable'].includes(error.kind);
  return new QueryClient({
    defaultOptions: {
      queries: { retry: (count, error) => count < MAX_RETRIES && transient(error) },
      // Never retry automatically what costs money.
      mutations: { retry: false },
    },
  });
}

async function signedIn(api: Api, issuer: Services['installation']['oidc'], answer: string): Promise<boolean> {
  if (!issuer) return false;
  try {
    await completeSignIn(api, issuer, answer);
    return true;
  } catch {
    return false;
  }
}

void start();
