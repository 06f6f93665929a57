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

type Circumstances = {
  language?: Language;
  server?: Server;
  installation?: Partial<Installation>;
  /** Sends the image to the bucket. */
  upload?: typeof putFile;
};

/** A server with a guest's first image in the quota, the product's models and no earlier jobs. */
export function server(): Server {
  return new Server()
    .on('GET /api/ai-image/usage', ok(contract.usage()))
    .on('GET /api/ai-image/models', ok({ models: contract.models() }))
    .on('GET /api/ai-image/jobs', ok({ jobs: [], nextCursor: null }));
}

/** Shows something of the page as main.tsx does, and hands out who acts on it and what it told the flow. */
export async function show(element: ReactElement, circumstances: Circumstances = {}) {
  const { services, client, person } = await start(circumstances);
  const told: FlowEvent[] = [];
  const around = (inner: ReactElement) => (
    <QueryClientProvider client={client}>
      <ServicesProvider value={services}>
        <DispatchProvider value={(event) => void told.push(event)}>{inner}</DispatchProvider>
        <Toaster />
      </ServicesProvider>
    </QueryClientProvider>
  );
  const { rerender } = render(around(element));
  return { person, told, client, services, again: (next: ReactElement) => rerender(around(next)) };
}

/** As `show`, for the whole page, which brings its own flow and its own toasts. */
export async function showPage(page: ReactElement, circumstances: Circumstances = {}) {
  const { services, client, person } = await start(circumstances);
  render(
    <QueryClientProvider client={client}>
      <ServicesProvider value={services}>{page}</ServicesProvider>
    </QueryClientProvider>,
  );
  return { person, client };
}

async function start({ language = 'en', server: from = server(), installation = {}, upload = stored }: Circumstances) {
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
  // userEvent's own clipboard is one that works.
  return { services, client, person: userEvent.setup() };
}

const stored: typeof putFile = async (_, __, onProgress) => onProgress(1);

/** Of the running test. */
export const servers: Server[] = [];

/** 320×213, the sample image. */
export function original(changes: Partial<Original> = {}): Original {
  const file = new File([new Uint8Array(20_480)], 'cat.jpg', { type: 'image/jpeg' });
  return { file, name: 'cat.jpg', type: 'image/jpeg', width: 320, height: 213, url: 'blob:cat', ...changes };
}

/** What this DOM does not do: it takes every image for one of this size, or null for damaged. */
export function decodeAs(size: { width: number; height: number } | null): void {
  const decoded = vi.spyOn(HTMLImageElement.prototype, 'decode');
  if (size) decoded.mockResolvedValue();
  else decoded.mockRejectedValue(new DOMException('damaged', 'EncodingError'));
  vi.spyOn(HTMLImageElement.prototype, 'naturalWidth', 'get').mockReturnValue(size?.width ?? 0);
  vi.spyOn(HTMLImageElement.prototype, 'naturalHeight', 'get').mockReturnValue(size?.height ?? 0);
}
