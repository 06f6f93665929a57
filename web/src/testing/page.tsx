import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import i18next from 'i18next';
import type { ReactElement } from 'react';
import { Toaster } from 'sonner';
import { vi } from 'vitest';
import { Api } from '../api/client.ts';
import { createQueries } from '../api/queries.ts';
import type { putFile } from '../api/uploadFile.ts';
import { DispatchProvider, ServicesProvider, type Services } from '../flow/context.ts';
import type { FlowEvent } from '../flow/machine.ts';
import { JobSubmitter } from '../flow/submit.ts';
import { currentLanguage, startLanguage, type Language } from '../i18n/language.ts';
import type { Installation } from '../identity/installation.ts';
import type { Original } from '../image/read.ts';
import * as contract from './contract.ts';
import { ok, Server } from './server.ts';

export const JOB = contract.queued().id;
export const ISSUER = { authority: 'https://issuer.example.com', clientId: 'page', scope: 'openid email' };

type Setup = {
  language?: Language;
  server?: Server;
  installation?: Partial<Installation>;
  /** Uploads the file to the bucket. */
  upload?: typeof putFile;
};

/** A server with one used job in a guest's quota, all models and no earlier jobs. */
export function server(): Server {
  return new Server()
    .on('GET /api/ai-image/usage', ok(contract.usage()))
    .on('GET /api/ai-image/models', ok({ models: contract.models() }))
    .on('GET /api/ai-image/jobs', ok({ jobs: [], nextCursor: null }));
}

/** Renders a component with the page's services. Returns a simulated user and the events that it dispatched. */
export async function renderComponent(element: ReactElement, setup: Setup = {}) {
  const { services, client, user } = await start(setup);
  const events: FlowEvent[] = [];
  const around = (inner: ReactElement) => (
    <QueryClientProvider client={client}>
      <ServicesProvider value={services}>
        <DispatchProvider value={(event) => void events.push(event)}>{inner}</DispatchProvider>
        <Toaster />
      </ServicesProvider>
    </QueryClientProvider>
  );
  const { rerender: renderAgain } = render(around(element));
  return { user, events, client, services, rerender: (next: ReactElement) => renderAgain(around(next)) };
}

/** Renders the whole page, which has its own state and toasts. */
export async function renderPage(page: ReactElement, setup: Setup = {}) {
  const { services, client, user } = await start(setup);
  render(
    <QueryClientProvider client={client}>
      <ServicesProvider value={services}>{page}</ServicesProvider>
    </QueryClientProvider>,
  );
  return { user, client };
}

async function start({ language = 'en', server: from = server(), installation = {}, upload = stored }: Setup) {
  await startLanguage();
  await i18next.changeLanguage(language);
  vi.stubGlobal('fetch', from.fetch);
  servers.push(from);
  const api = new Api(currentLanguage);
  const services: Services = {
    api,
    queries: createQueries(api),
    submitter: new JobSubmitter(api, upload, async () => undefined),
    installation: { privacyUrl: null, oidc: null, ...installation },
  };
  const client = new QueryClient({ defaultOptions: { queries: { retry: false }, mutations: { retry: false } } });
  // userEvent provides a working clipboard.
  return { services, client, user: userEvent.setup() };
}

const stored: typeof putFile = async (_, __, onProgress) => onProgress(1);

/** The servers of the running test. */
export const servers: Server[] = [];

/** The sample image, 320×213. */
export function original(changes: Partial<Original> = {}): Original {
  const file = new File([new Uint8Array(20_480)], 'cat.jpg', { type: 'image/jpeg' });
  return { file, name: 'cat.jpg', type: 'image/jpeg', width: 320, height: 213, url: 'blob:cat', ...changes };
}

/** Simulates image decoding, which happy-dom lacks: every image has this size, or is damaged if null. */
export function decodeAs(size: { width: number; height: number } | null): void {
  const decoded = vi.spyOn(HTMLImageElement.prototype, 'decode');
  if (size) decoded.mockResolvedValue();
  else decoded.mockRejectedValue(new DOMException('damaged', 'EncodingError'));
  vi.spyOn(HTMLImageElement.prototype, 'naturalWidth', 'get').mockReturnValue(size?.width ?? 0);
  vi.spyOn(HTMLImageElement.prototype, 'naturalHeight', 'get').mockReturnValue(size?.height ?? 0);
}
