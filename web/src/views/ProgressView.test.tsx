import { act, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import type { Job } from '../api/types.ts';
import type { InProgress } from '../components/steps.ts';
import { NOW, queued, refused, running, succeeded } from '../testing/contract.ts';
import { JOB, original, server, renderComponent } from '../testing/page.tsx';
import { networkError, noResponse, no, ok } from '../testing/server.ts';
import { ProgressView } from './ProgressView.tsx';

const options = { goal: 'enlarge', model: 'nightmareai/real-esrgan', params: {} } as const;
const sending = (progress: number, uploaded = false): InProgress => ({ at: 'submitting', original: original(), options, progress, uploaded });
const at = (job: Job, more: Partial<Extract<InProgress, { at: 'running' }>> = {}): InProgress => ({
  at: 'running',
  job,
  original: null,
  previous: null,
  ...more,
});
const view = (flow: InProgress, onAbort = vi.fn()) => <ProgressView flow={flow} onAbort={onAbort} />;
const now = () => screen.getAllByRole('listitem').find((step) => step.getAttribute('aria-current'))?.textContent;
const image = () => screen.queryByRole('img');
const bar = () => screen.queryByRole<HTMLProgressElement>('progressbar');

describe('the stages', () => {
  it.each<[string, InProgress, string]>([
    ['the upload', sending(0.2), 'Uploading (in progress)'],
    ['the making of the job', sending(1, true), 'In the queue (in progress)'],
    ['the queue', at(queued()), 'In the queue (in progress)'],
    ['the start of the model', at(running({ stage: 'starting' })), 'Enhancing (in progress)'],
    ['the model', at(running()), 'Enhancing (in progress)'],
    ['the saving', at(running({ stage: 'saving' })), 'Saving (in progress)'],
    ['the loading of the result', { ...at(succeeded()), at: 'decoding' } as InProgress, 'Saving (in progress)'],
  ])('are shown: %s', async (_, flow, words) => {
    await renderComponent(view(flow));
    expect(screen.getByRole('heading', { level: 1, name: 'Enhancing your image' })).toBeDefined();
    expect(now()).toBe(words);
  });

  it('are shown in German', async () => {
    await renderComponent(view(at(running())), { language: 'de' });
    expect(screen.getByRole('heading', { level: 1, name: 'Ihr Bild wird verbessert' })).toBeDefined();
    expect(now()).toBe('Wird verbessert (läuft)');
    expect(await screen.findByText(/^Dauert meist etwa 12 Sekunden/)).toBeDefined();
    expect(screen.getByText(/^Sie können diese Seite schließen/)).toBeDefined();
  });
});

describe('the reason for waiting', () => {
  const reasons: [NonNullable<Job['waitingFor']>, RegExp, RegExp][] = [
    ['place', /^The provider limits the number of jobs per minute\./, /^Der Anbieter begrenzt die Zahl der Aufträge/],
    ['provider', /^The provider is not accepting new jobs at the moment\./, /^Der Anbieter nimmt zurzeit keine neuen Aufträge an/],
    ['model', /^The provider is starting the model\./, /^Der Anbieter startet gerade das Modell/],
  ];

  it.each(reasons)('is shown and announced: %s', async (waitingFor, english) => {
    const first = await renderComponent(view(at(queued())));
    const waiting = screen.getByRole('status');
    expect(waiting.textContent?.trim()).toBe('');
    first.rerender(view(at(queued({ waitingFor }))));
    expect(screen.getByRole('status')).toBe(waiting);
    expect(waiting.textContent).toMatch(english);
  });

  it.each(reasons)('is shown in German: %s', async (waitingFor, _, german) => {
    await renderComponent(view(at(queued({ waitingFor }))), { language: 'de' });
    expect(screen.getByRole('status').textContent).toMatch(german);
  });
});

describe('the bar', () => {
  it('shows the upload’s progress', async () => {
    await renderComponent(view(sending(0.42)));
    expect(bar()?.value).toBe(0.42);
    expect(bar()?.getAttribute('aria-label')).toBe('Uploading');
    expect(screen.getByText('42%')).toBeDefined();
  });

  it('shows the provider’s progress, including zero', async () => {
    const { rerender } = await renderComponent(view(at(running({ percent: 70 }))), { language: 'de' });
    expect(bar()?.value).toBe(0.7);
    expect(bar()?.getAttribute('aria-label')).toBe('Wird verbessert');
    expect(screen.getByText(/^70\s%$/)).toBeDefined();
    rerender(view(at(running({ percent: 0 }))));
    expect(bar()?.value).toBe(0);
  });

  it.each<[string, InProgress]>([
    ['a provider that tells nothing', at(running())],
    ['an upload that is done', sending(1, true)],
  ])('is not shown for %s', async (_, flow) => {
    await renderComponent(view(flow));
    expect(bar()).toBeNull();
  });
});

describe('the time', () => {
  it('is the model’s usual time, and the time since the job was created', async () => {
    await renderComponent(view(at(running())));
    expect(await screen.findByText(/^Usually takes about 12 seconds/)).toBeDefined();
    expect(screen.getByText(/· 30 sec elapsed$/)).toBeDefined();
    vi.setSystemTime(new Date(NOW.getTime() + 5000));
    expect(await screen.findByText(/35 sec elapsed$/, {}, { timeout: 3000 })).toBeDefined();
  });

  it('starts at zero if the local clock is behind the server’s', async () => {
    await renderComponent(view(at(running({ createdAt: '2026-11-22T12:05:00.000Z' }))));
    expect(screen.getByText(/· 0 sec elapsed$/)).toBeDefined();
  });

  it('is not shown for a model that is no longer allowed, nor during the upload', async () => {
    const { client, rerender, services } = await renderComponent(view(at(running({ model: 'gone/model' }))));
    await client.fetchQuery(services.queries.models);
    expect(screen.queryByText(/Usually takes about/)).toBeNull();
    rerender(view(sending(0.1)));
    expect(await screen.findByText(/Usually takes about/)).toBeDefined();
    expect(screen.queryByText(/elapsed$/)).toBeNull();
  });
});

describe('the image', () => {
  it('is the chosen file', async () => {
    await renderComponent(view(at(running(), { original: original() })));
    expect(image()?.getAttribute('src')).toBe('blob:cat');
    expect(image()?.getAttribute('alt')).toBe('Your image');
  });

  it('is the server’s copy after a reload', async () => {
    await renderComponent(view(at(running())));
    expect(image()?.getAttribute('src')).toBe(running().originalUrl);
    expect(image()?.getAttribute('crossorigin')).toBe('anonymous'); // the cached response must also work for the comparison
  });

  it('is the previous result until the new one is ready', async () => {
    await renderComponent(view(at(running(), { previous: succeeded() })));
    expect(screen.getByRole('img', { name: 'The previous result' }).getAttribute('src')).toBe(succeeded().previewUrl);
  });

  it('is missing if the original is deleted', async () => {
    await renderComponent(view(at(running({ originalUrl: null }))));
    expect(image()).toBeNull();
  });
});

describe('cancelling', () => {
  it('is possible during the upload', async () => {
    const stop = vi.fn();
    const { user } = await renderComponent(view(sending(0.4), stop));
    screen.getByRole('button', { name: 'Cancel' }).focus();
    await user.keyboard('{Enter}');
    expect(stop).toHaveBeenCalledOnce();
  });

  it('is disabled while the job is being created', async () => {
    const stop = vi.fn();
    const { user } = await renderComponent(view(sending(1, true), stop));
    await user.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(stop).not.toHaveBeenCalled();
  });

  it('is requested from the server once there is a job', async () => {
    const route = `POST /api/ai-image/jobs/${JOB}/cancel`;
    const from = server().on(route, noResponse);
    const { user } = await renderComponent(view(at(running())), { server: from });
    await user.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(from.requestsTo(route)).toHaveLength(1);
    await waitFor(() => expect(screen.getByRole('button', { name: 'Cancelling…' })).toBeDefined());
  });

  it('is not offered once there is a result', async () => {
    await renderComponent(view({ ...at(succeeded()), at: 'decoding' } as InProgress));
    expect(screen.queryByRole('button')).toBeNull();
  });
});

describe('closing the page', () => {
  const safe = /^You can close this page/;

  it('is safe once there is a job, and not before', async () => {
    const { rerender } = await renderComponent(view(sending(0.5)));
    expect(screen.queryByText(safe)).toBeNull();
    rerender(view(at(queued())));
    expect(screen.getByText(safe)).toBeDefined();
  });
});

describe('a lost connection', () => {
  const words = 'Connection lost. This page keeps trying to reconnect; your job continues in the meantime.';

  it.each([
    ['no network', networkError],
    ['a server that can’t', no(503, refused('service_unavailable'))],
  ])('is shown until it is restored: %s', async (_, broken) => {
    const from = server().on(`GET /api/ai-image/jobs/${JOB}`, broken, ok(running()));
    const { client, services } = await renderComponent(view(at(running())), { server: from });
    expect(screen.queryByText(words)).toBeNull();
    await act(() => client.prefetchQuery(services.queries.job(JOB))); // App polls the job, not the view
    expect(await screen.findByText(words)).toBeDefined();
    expect(within(screen.getByRole('list')).getAllByRole('listitem')).toHaveLength(4);
    await act(() => client.prefetchQuery(services.queries.job(JOB)));
    await waitFor(() => expect(screen.queryByText(words)).toBeNull());
  });
});
