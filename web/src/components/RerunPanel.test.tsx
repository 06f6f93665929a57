import { screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { Job } from '../api/types.ts';
import { queued, refused, succeeded, usage, usedUp } from '../testing/contract.ts';
import { JOB, server, renderComponent } from '../testing/page.tsx';
import { networkError, noResponse, no, ok } from '../testing/server.ts';
import { RerunPanel } from './RerunPanel.tsx';

const CREATE = 'POST /api/ai-image/jobs';
const MODELS = 'GET /api/ai-image/models';
const USAGE = 'GET /api/ai-image/usage';
const SIZE = { width: 320, height: 213 };
const NEXT = queued({ id: 'j2222222222222222222222222' });
const start = () => screen.findByRole<HTMLButtonElement>('button', { name: 'Enhance again' });
const deletedText = 'The original has been deleted. Choose the image again to try other options.';

it('creates another job from the same original with the chosen options', async () => {
  const from = server().on(CREATE, ok(NEXT, {}, 202));
  const { user, events } = await renderComponent(<RerunPanel job={succeeded()} originalSize={SIZE} />, { server: from });
  expect(await screen.findByText('320×213 → 1280×852')).toBeDefined();
  expect(await screen.findByText('uses 1 of 19 remaining images')).toBeDefined();
  await user.click(await screen.findByRole('radio', { name: /^Restore faces/ }));
  expect(screen.getByText('320×213 → 640×426')).toBeDefined();
  await user.click(await start());
  await waitFor(() => expect(events).toEqual([{ type: 'jobCreated', job: NEXT }]));
  expect(from.requestsTo(CREATE).map(({ body }) => body)).toEqual([
    { fromJobId: JOB, model: 'tencentarc/gfpgan', params: { scale: 2, outputFormat: 'webp' } },
  ]);
});

it('can’t be started twice', async () => {
  const from = server().on(CREATE, noResponse);
  const { user } = await renderComponent(<RerunPanel job={succeeded()} originalSize={SIZE} />, { server: from });
  await user.dblClick(await start());
  expect((await start()).disabled).toBe(true);
  expect(from.requestsTo(CREATE)).toHaveLength(1);
});

describe('an obstacle', () => {
  it.each<[string, Partial<Job>, typeof SIZE | null]>([
    ['is deleted', { originalUrl: null }, SIZE],
    ['is past its time', { expires: { ...succeeded().expires, original: '2026-11-22T12:00:00.000Z' } }, SIZE],
    ['can’t be decoded', {}, null],
  ])('is an original that %s', async (_, changes, size) => {
    await renderComponent(<RerunPanel job={succeeded(changes)} originalSize={size} />);
    expect(screen.getByText(deletedText)).toBeDefined();
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('is a quota that is used up', async () => {
    const from = server().on(USAGE, ok(usedUp()));
    const { user } = await renderComponent(<RerunPanel job={succeeded()} originalSize={SIZE} />, { server: from });
    expect((await screen.findByRole('alert')).textContent).toContain('Your quota resets in 24 hours');
    expect(screen.queryByText(/uses 1 of/)).toBeNull();
    await user.click(await start());
    expect(from.requestsTo(CREATE)).toEqual([]);
  });

  it('is a quota that another tab used up, shown only once', async () => {
    const from = server()
      .on(USAGE, ok(usage()), ok(usedUp()))
      .on(CREATE, no(429, refused('quota_exceeded')));
    const { user, client, services } = await renderComponent(<RerunPanel job={succeeded()} originalSize={SIZE} />, { server: from });
    await user.click(await start());
    expect((await screen.findByRole('alert')).textContent).toContain('Quota exceeded');
    await client.invalidateQueries({ queryKey: services.queries.usage.queryKey });
    expect(await screen.findByText('Quota used up')).toBeDefined();
    expect(screen.getAllByRole('alert')).toHaveLength(1);
  });

  it('is shown when the server refuses, and can be retried', async () => {
    const from = server().on(CREATE, no(410, refused('gone')), ok(NEXT, {}, 202));
    const { user, events } = await renderComponent(<RerunPanel job={succeeded()} originalSize={SIZE} />, { server: from });
    await user.click(await start());
    const note = await screen.findByRole('alert');
    expect(note.textContent).toContain('No longer available');
    expect(note.textContent).toContain('Choose another image.');
    await user.click(await start());
    await waitFor(() => expect(events).toHaveLength(1));
  });
});

it('waits for the models', async () => {
  await renderComponent(<RerunPanel job={succeeded()} originalSize={SIZE} />, { server: server().on(MODELS, noResponse), language: 'de' });
  expect(screen.getByText('Optionen werden geladen …')).toBeDefined();
  expect(screen.queryByRole('button')).toBeNull();
});

it('explains why the models could not be loaded', async () => {
  await renderComponent(<RerunPanel job={succeeded()} originalSize={SIZE} />, { server: server().on(MODELS, networkError) });
  expect((await screen.findByRole('alert')).textContent).toContain('No connection');
  expect(screen.queryByText('Loading options…')).toBeNull();
});
