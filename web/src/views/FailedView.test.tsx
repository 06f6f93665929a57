import { screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { Job } from '../api/types.ts';
import { canceled, failed, queued, refused, usedUp } from '../testing/contract.ts';
import { JOB, server, show } from '../testing/page.tsx';
import { cutOff, never, no, ok } from '../testing/server.ts';
import { FailedView } from './FailedView.tsx';

const CREATE = 'POST /api/ai-image/jobs';
const NEXT = 'j2222222222222222222222222';
const retry = () => screen.queryByRole<HTMLButtonElement>('button', { name: 'Try again' });
const page = () => document.body.textContent ?? '';
const charged = 'The image was too much for the model. This job counts against your quota.';

describe('a job that failed', () => {
  it('is told with the provider’s fault and with what became of the quota', async () => {
    await show(<FailedView job={failed()} />);
    expect(screen.getByRole('heading', { level: 1, name: 'Enhancement failed' })).toBeDefined();
    expect(page()).toContain('The AI provider could not enhance the image.');
    expect(page()).toContain('This job does not count against your quota.');
  });

  it('is told as ours where it was not the provider’s, and that it counts where it does', async () => {
    await show(<FailedView job={failed({ error: { type: 'internal_error', message: charged } })} />);
    expect(page()).toContain('The image could not be enhanced.');
    expect(page()).not.toContain('The AI provider could not enhance the image.');
    expect(page()).toContain('This job counts against your quota.');
  });

  it('is told in German, with the server’s sentence as the server wrote it', async () => {
    await show(<FailedView job={failed()} />, { language: 'de' });
    expect(screen.getByRole('heading', { level: 1, name: 'Verbesserung fehlgeschlagen' })).toBeDefined();
    expect(page()).toContain('Der KI-Anbieter konnte das Bild nicht verbessern.');
    expect(page()).toContain(failed().error?.message);
  });

  it('names its type and its id for whoever helps', async () => {
    const { person } = await show(<FailedView job={failed()} />);
    const summary = screen.getByText('Details');
    expect(summary.closest('details')?.open).toBe(false);
    await person.click(summary);
    expect(summary.closest('details')?.open).toBe(true);
    expect(screen.getAllByRole('definition').map(({ textContent }) => textContent)).toEqual(['provider_error', JOB]);
  });
});

it('tells of a cancelled job that it was the person’s choice, and names no error', async () => {
  await show(<FailedView job={canceled()} />);
  expect(screen.getByRole('heading', { level: 1, name: 'Cancelled' })).toBeDefined();
  expect(page()).toContain('You cancelled this job. The image is not processed any further.');
  expect(page()).not.toContain('could not');
  expect(screen.getAllByRole('definition').map(({ textContent }) => textContent)).toEqual([JOB]);
});

it('goes on with a new image', async () => {
  const { person, told } = await show(<FailedView job={failed()} />);
  await person.click(screen.getByRole('button', { name: 'New image' }));
  expect(told).toEqual([{ type: 'reset' }]);
});

describe('trying again', () => {
  it('makes a job of the same original in the same way', async () => {
    const next = queued({ id: NEXT });
    const from = server().on(CREATE, ok(next, {}, 202));
    const { person, told } = await show(<FailedView job={failed()} />, { server: from });
    retry()?.focus();
    await person.keyboard('{Enter}');
    await waitFor(() => expect(told).toEqual([{ type: 'jobCreated', job: next }]));
    const [asked] = from.to(CREATE);
    expect(asked?.body).toEqual({ fromJobId: JOB, model: failed().model, params: failed().params });
    expect(asked?.headers.get('idempotency-key')).toMatch(/^[0-9a-f]{32}$/);
  });

  it('names no scale below one, which can’t be asked for', async () => {
    const from = server().on(CREATE, ok(queued({ id: NEXT }), {}, 202));
    const job = failed({ params: { ...failed().params, scale: 0.86 } });
    const { person, told } = await show(<FailedView job={job} />, { server: from });
    if (retry()) await person.click(retry() as HTMLButtonElement);
    await waitFor(() => expect(told).toHaveLength(1));
    expect(from.to(CREATE)[0]?.body).toMatchObject({ params: { faceEnhance: false } });
    expect(from.to(CREATE)[0]?.body).not.toHaveProperty('params.scale');
  });

  it('can’t be asked twice while it is being done', async () => {
    const from = server().on(CREATE, never);
    const { person } = await show(<FailedView job={failed()} />, { server: from });
    await person.dblClick(retry() as HTMLButtonElement);
    expect(retry()?.disabled).toBe(true);
    expect(from.to(CREATE)).toHaveLength(1);
  });

  it('asks with the same key after a lost answer, so that one job is made', async () => {
    const from = server().on(CREATE, cutOff, ok(queued({ id: NEXT }), {}, 202));
    const { person, told } = await show(<FailedView job={failed()} />, { server: from });
    await person.click(retry() as HTMLButtonElement);
    expect((await screen.findByRole('alert')).textContent).toContain('No connection');
    await person.click(retry() as HTMLButtonElement);
    await waitFor(() => expect(told).toHaveLength(1));
    const keys = from.to(CREATE).map(({ headers }) => headers.get('idempotency-key'));
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('says when the quota reopens where the last place was used elsewhere', async () => {
    const from = server().on(CREATE, no(429, refused('quota_exceeded'), { 'retry-after': '86370' }));
    const { person, told } = await show(<FailedView job={failed()} />, { server: from });
    await person.click(retry() as HTMLButtonElement);
    const note = await screen.findByRole('alert');
    expect(note.textContent).toContain('You have used 20 of 20 images.');
    expect(note.textContent).toContain('Try again in 24 hours (Nov 23, 2026, 12:00 PM).');
    expect(told).toEqual([]);
  });

  it('is not possible when the quota is used up, which is said', async () => {
    const from = server().on('GET /api/ai-image/usage', ok(usedUp()));
    const { person } = await show(<FailedView job={failed()} />, { server: from });
    expect((await screen.findByRole('alert')).textContent).toContain('Your quota resets in 24 hours');
    expect(retry()?.disabled).toBe(true);
    await person.click(retry() as HTMLButtonElement);
    expect(from.to(CREATE)).toEqual([]);
  });

  it.each<[string, Partial<Job>]>([
    ['deleted', { originalUrl: null }],
    ['past its time', { expires: { ...failed().expires, original: '2026-11-22T12:00:30.000Z' } }],
  ])('is not offered for an original that is %s', async (_, changes) => {
    await show(<FailedView job={failed(changes)} />);
    expect(retry()).toBeNull();
    expect(screen.getByRole('button', { name: 'New image' })).toBeDefined();
  });
});
