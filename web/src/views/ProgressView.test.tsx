import { act, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import type { Job } from '../api/types.ts';
import type { InProgress } from '../components/steps.ts';
import { NOW, queued, refused, running, succeeded } from '../testing/contract.ts';
import { JOB, original, server, show } from '../testing/page.tsx';
import { cutOff, never, no, ok } from '../testing/server.ts';
import { ProgressView } from './ProgressView.tsx';

const options = { goal: 'enlarge', model: 'nightmareai/real-esrgan', params: {} } as const;
const sending = (sent: number, stored = false): InProgress => ({ at: 'submitting', original: original(), options, sent, stored });
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
  ])('are told: %s', async (_, flow, words) => {
    await show(view(flow));
    expect(screen.getByRole('heading', { level: 1, name: 'Enhancing your image' })).toBeDefined();
    expect(now()).toBe(words);
  });

  it('are told in German', async () => {
    await show(view(at(running())), { language: 'de' });
    expect(screen.getByRole('heading', { level: 1, name: 'Ihr Bild wird verbessert' })).toBeDefined();
    expect(now()).toBe('Wird verbessert (läuft)');
    expect(await screen.findByText(/^Dauert meist etwa 12 Sekunden/)).toBeDefined();
    expect(screen.getByText(/^Sie können diese Seite schließen/)).toBeDefined();
  });
});

describe('what a job waits for', () => {
  const reasons: [NonNullable<Job['waitingFor']>, RegExp, RegExp][] = [
    ['place', /^The provider limits the number of jobs per minute\./, /^Der Anbieter begrenzt die Zahl der Aufträge/],
    ['provider', /^The provider is not accepting new jobs at the moment\./, /^Der Anbieter nimmt zurzeit keine neuen Aufträge an/],
    ['model', /^The provider is starting the model\./, /^Der Anbieter startet gerade das Modell/],
  ];

  it.each(reasons)('is said, and announced: %s', async (waitingFor, english) => {
    const first = await show(view(at(queued())));
    const waiting = screen.getByRole('status');
    expect(waiting.textContent?.trim()).toBe('');
    first.again(view(at(queued({ waitingFor }))));
    expect(screen.getByRole('status')).toBe(waiting);
    expect(waiting.textContent).toMatch(english);
  });

  it.each(reasons)('is said in German: %s', async (waitingFor, _, german) => {
    await show(view(at(queued({ waitingFor }))), { language: 'de' });
    expect(screen.getByRole('status').textContent).toMatch(german);
  });
});

describe('the bar', () => {
  it('counts what has been uploaded', async () => {
    await show(view(sending(0.42)));
    expect(bar()?.value).toBe(0.42);
    expect(bar()?.getAttribute('aria-label')).toBe('Uploading');
    expect(screen.getByText('42%')).toBeDefined();
  });

  it('counts what the provider tells, nothing too', async () => {
    const { again } = await show(view(at(running({ percent: 70 }))), { language: 'de' });
    expect(bar()?.value).toBe(0.7);
    expect(bar()?.getAttribute('aria-label')).toBe('Wird verbessert');
    expect(screen.getByText(/^70\s%$/)).toBeDefined();
    again(view(at(running({ percent: 0 }))));
    expect(bar()?.value).toBe(0);
  });

  it.each<[string, InProgress]>([
    ['a provider that tells nothing', at(running())],
    ['an upload that is done', sending(1, true)],
  ])('pretends nothing for %s', async (_, flow) => {
    await show(view(flow));
    expect(bar()).toBeNull();
  });
});

describe('the time', () => {
  it('is the model’s usual one, and what has gone by since the job was made', async () => {
    await show(view(at(running())));
    expect(await screen.findByText(/^Usually takes about 12 seconds/)).toBeDefined();
    expect(screen.getByText(/· 30 sec elapsed$/)).toBeDefined();
    vi.setSystemTime(new Date(NOW.getTime() + 5000));
    expect(await screen.findByText(/35 sec elapsed$/, {}, { timeout: 3000 })).toBeDefined();
  });

  it('starts at nothing where the clock here is behind the server’s', async () => {
    await show(view(at(running({ createdAt: '2026-11-22T12:05:00.000Z' }))));
    expect(screen.getByText(/· 0 sec elapsed$/)).toBeDefined();
  });

  it('is not claimed for a model that is on offer no more, nor while uploading', async () => {
    const { client, again, services } = await show(view(at(running({ model: 'gone/model' }))));
    await client.fetchQuery(services.queries.models);
    expect(screen.queryByText(/Usually takes about/)).toBeNull();
    again(view(sending(0.1)));
    expect(await screen.findByText(/Usually takes about/)).toBeDefined();
    expect(screen.queryByText(/elapsed$/)).toBeNull();
  });
});

describe('the image', () => {
  it('is the one in hand', async () => {
    await show(view(at(running(), { original: original() })));
    expect(image()?.getAttribute('src')).toBe('blob:cat');
    expect(image()?.getAttribute('alt')).toBe('Your image');
  });

  it('is the server’s for who comes back', async () => {
    await show(view(at(running())));
    expect(image()?.getAttribute('src')).toBe(running().originalUrl);
    expect(image()?.getAttribute('crossorigin')).toBe('anonymous'); // else its pixels are kept from the comparison
  });

  it('is the result before until the next is there', async () => {
    await show(view(at(running(), { previous: succeeded() })));
    expect(screen.getByRole('img', { name: 'The previous result' }).getAttribute('src')).toBe(succeeded().previewUrl);
  });

  it('is none where the original is deleted', async () => {
    await show(view(at(running({ originalUrl: null }))));
    expect(image()).toBeNull();
  });
});

describe('stopping', () => {
  it('is possible while the image is sent', async () => {
    const stop = vi.fn();
    const { person } = await show(view(sending(0.4), stop));
    screen.getByRole('button', { name: 'Cancel' }).focus();
    await person.keyboard('{Enter}');
    expect(stop).toHaveBeenCalledOnce();
  });

  it('waits while the job is being made, which can’t be unmade', async () => {
    const stop = vi.fn();
    const { person } = await show(view(sending(1, true), stop));
    await person.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(stop).not.toHaveBeenCalled();
  });

  it('is asked of the server once there is a job', async () => {
    const route = `POST /api/ai-image/jobs/${JOB}/cancel`;
    const from = server().on(route, never);
    const { person } = await show(view(at(running())), { server: from });
    await person.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(from.to(route)).toHaveLength(1);
    await waitFor(() => expect(screen.getByRole('button', { name: 'Cancelling…' })).toBeDefined());
  });

  it('is over once there is a result', async () => {
    await show(view({ ...at(succeeded()), at: 'decoding' } as InProgress));
    expect(screen.queryByRole('button')).toBeNull();
  });
});

describe('closing the page', () => {
  const safe = /^You can close this page/;

  it('is safe once there is a job, and not before', async () => {
    const { again } = await show(view(sending(0.5)));
    expect(screen.queryByText(safe)).toBeNull();
    again(view(at(queued())));
    expect(screen.getByText(safe)).toBeDefined();
  });
});

describe('a connection that breaks', () => {
  const words = 'Connection lost. This page keeps trying to reconnect; your job continues in the meantime.';

  it.each([
    ['no network', cutOff],
    ['a server that can’t', no(503, refused('service_unavailable'))],
  ])('is said, and no longer once it is back: %s', async (_, broken) => {
    const from = server().on(`GET /api/ai-image/jobs/${JOB}`, broken, ok(running()));
    const { client, services } = await show(view(at(running())), { server: from });
    expect(screen.queryByText(words)).toBeNull();
    await act(() => client.prefetchQuery(services.queries.job(JOB))); // what the page does beside the view
    expect(await screen.findByText(words)).toBeDefined();
    expect(within(screen.getByRole('list')).getAllByRole('listitem')).toHaveLength(4);
    await act(() => client.prefetchQuery(services.queries.job(JOB)));
    await waitFor(() => expect(screen.queryByText(words)).toBeNull());
  });
});
