import { screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { Job } from '../api/types.ts';
import { canceled, failed, queued, refused, usedUp } from '../testing/contract.ts';
import { JOB, server, renderComponent } from '../testing/page.tsx';
import { networkError, noResponse, no, ok } from '../testing/server.ts';
import { FailedView } from './FailedView.tsx';

const CREATE = 'POST /api/ai-image/jobs';
const NEXT = 'j2222222222222222222222222';
const retry = () => screen.queryByRole<HTMLButtonElement>('button', { name: 'Try again' });
const page = () => document.body.textContent ?? '';
const charged = 'The image was too much for the model. This job counts against your quota.';

describe('a job that failed', () => {
  it('is explained as the provider’s failure, with the effect on the quota', async () => {
    await renderComponent(<FailedView job={failed()} />);
    expect(screen.getByRole('heading', { level: 1, name: 'Enhancement failed' })).toBeDefined();
    expect(page()).toContain('The AI provider could not enhance the image.');
    expect(page()).toContain('This job does not count against your quota.');
  });

  it('is not blamed on the provider otherwise, and counts if the message says so', async () => {
    await renderComponent(<FailedView job={failed({ error: { type: 'internal_error', message: charged } })} />);
    expect(page()).toContain('The image could not be enhanced.');
    expect(page()).not.toContain('The AI provider could not enhance the image.');
    expect(page()).toContain('This job counts against your quota.');
  });

  it('is explained in German, with the server’s message unchanged', async () => {
    await renderComponent(<FailedView job={failed()} />, { language: 'de' });
    expect(screen.getByRole('heading', { level: 1, name: 'Verbesserung fehlgeschlagen' })).toBeDefined();
    expect(page()).toContain('Der KI-Anbieter konnte das Bild nicht verbessern.');
    expect(page()).toContain(failed().error?.message);
  });

  it('shows error type and job id for support', async () => {
    const { user } = await renderComponent(<FailedView job={failed()} />);
    const summary = screen.getByText('Details');
    expect(summary.closest('details')?.open).toBe(false);
    await user.click(summary);
    expect(summary.closest('details')?.open).toBe(true);
    expect(screen.getAllByRole('definition').map(({ textContent }) => textContent)).toEqual(['provider_error', JOB]);
  });
});

it('shows no error for a cancelled job', async () => {
  await renderComponent(<FailedView job={canceled()} />);
  expect(screen.getByRole('heading', { level: 1, name: 'Cancelled' })).toBeDefined();
  expect(page()).toContain('You cancelled this job. The image is not processed any further.');
  expect(page()).not.toContain('could not');
  expect(screen.getAllByRole('definition').map(({ textContent }) => textContent)).toEqual([JOB]);
});

it('leads to a new image', async () => {
  const { user, events } = await renderComponent(<FailedView job={failed()} />);
  await user.click(screen.getByRole('button', { name: 'New image' }));
  expect(events).toEqual([{ type: 'reset' }]);
});

describe('trying again', () => {
  it('creates a job from the same original with the same options', async () => {
    const next = queued({ id: NEXT });
    const from = server().on(CREATE, ok(next, {}, 202));
    const { user, events } = await renderComponent(<FailedView job={failed()} />, { server: from });
    retry()?.focus();
    await user.keyboard('{Enter}');
    await waitFor(() => expect(events).toEqual([{ type: 'jobCreated', job: next }]));
    const [asked] = from.requestsTo(CREATE);
    expect(asked?.body).toEqual({ fromJobId: JOB, model: failed().model, params: failed().params });
    expect(asked?.headers.get('idempotency-key')).toMatch(/^[0-9a-f]{32}$/);
  });

  it('omits a scale below 1, which can’t be requested', async () => {
    const from = server().on(CREATE, ok(queued({ id: NEXT }), {}, 202));
    const job = failed({ params: { ...failed().params, scale: 0.86 } });
    const { user, events } = await renderComponent(<FailedView job={job} />, { server: from });
    if (retry()) await user.click(retry() as HTMLButtonElement);
    await waitFor(() => expect(events).toHaveLength(1));
    expect(from.requestsTo(CREATE)[0]?.body).toMatchObject({ params: { faceEnhance: false } });
    expect(from.requestsTo(CREATE)[0]?.body).not.toHaveProperty('params.scale');
  });

  it('can’t be started twice', async () => {
    const from = server().on(CREATE, noResponse);
    const { user } = await renderComponent(<FailedView job={failed()} />, { server: from });
    await user.dblClick(retry() as HTMLButtonElement);
    expect(retry()?.disabled).toBe(true);
    expect(from.requestsTo(CREATE)).toHaveLength(1);
  });

  it('reuses the key after a lost response, so that one job is created', async () => {
    const from = server().on(CREATE, networkError, ok(queued({ id: NEXT }), {}, 202));
    const { user, events } = await renderComponent(<FailedView job={failed()} />, { server: from });
    await user.click(retry() as HTMLButtonElement);
    expect((await screen.findByRole('alert')).textContent).toContain('No connection');
    await user.click(retry() as HTMLButtonElement);
    await waitFor(() => expect(events).toHaveLength(1));
    const keys = from.requestsTo(CREATE).map(({ headers }) => headers.get('idempotency-key'));
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('says when the quota resets if it was used up elsewhere', async () => {
    const from = server().on(CREATE, no(429, refused('quota_exceeded'), { 'retry-after': '86370' }));
    const { user, events } = await renderComponent(<FailedView job={failed()} />, { server: from });
    await user.click(retry() as HTMLButtonElement);
    const note = await screen.findByRole('alert');
    expect(note.textContent).toContain('You have used 20 of 20 images.');
    expect(note.textContent).toContain('Try again in 24 hours (Nov 23, 2026, 12:00 PM).');
    expect(events).toEqual([]);
  });

  it('is not possible if the quota is used up, which is explained', async () => {
    const from = server().on('GET /api/ai-image/usage', ok(usedUp()));
    const { user } = await renderComponent(<FailedView job={failed()} />, { server: from });
    expect((await screen.findByRole('alert')).textContent).toContain('Your quota resets in 24 hours');
    expect(retry()?.disabled).toBe(true);
    await user.click(retry() as HTMLButtonElement);
    expect(from.requestsTo(CREATE)).toEqual([]);
  });

  it.each<[string, Partial<Job>]>([
    ['deleted', { originalUrl: null }],
    ['past its time', { expires: { ...failed().expires, original: '2026-11-22T12:00:30.000Z' } }],
  ])('is not offered for an original that is %s', async (_, changes) => {
    await renderComponent(<FailedView job={failed(changes)} />);
    expect(retry()).toBeNull();
    expect(screen.getByRole('button', { name: 'New image' })).toBeDefined();
  });
});
