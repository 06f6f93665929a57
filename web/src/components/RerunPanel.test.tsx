import { screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { Job } from '../api/types.ts';
import { queued, refused, succeeded, usage, usedUp } from '../testing/contract.ts';
import { JOB, server, show } from '../testing/page.tsx';
import { cutOff, never, no, ok } from '../testing/server.ts';
import { RerunPanel } from './RerunPanel.tsx';

const CREATE = 'POST /api/ai-image/jobs';
const MODELS = 'GET /api/ai-image/models';
const USAGE = 'GET /api/ai-image/usage';
const SIZE = { width: 320, height: 213 };
const NEXT = queued({ id: 'j2222222222222222222222222' });
const start = () => screen.findByRole<HTMLButtonElement>('button', { name: 'Enhance again' });
const deletedText = 'The original has been deleted. Choose the image again to try other options.';

it('makes another job of the same original with what is chosen', async () => {
  const from = server().on(CREATE, ok(NEXT, {}, 202));
  const { person, told } = await show(<RerunPanel job={succeeded()} originalSize={SIZE} />, { server: from });
  expect(await screen.findByText('320×213 → 1280×852')).toBeDefined();
  expect(await screen.findByText('uses 1 of 19 remaining images')).toBeDefined();
  await person.click(await screen.findByRole('radio', { name: /^Restore faces/ }));
  expect(screen.getByText('320×213 → 640×426')).toBeDefined();
  await person.click(await start());
  await waitFor(() => expect(told).toEqual([{ type: 'jobCreated', job: NEXT }]));
  expect(from.to(CREATE).map(({ body }) => body)).toEqual([
    { fromJobId: JOB, model: 'tencentarc/gfpgan', params: { scale: 2, outputFormat: 'webp' } },
  ]);
});

it('can’t be asked twice while it is being done', async () => {
  const from = server().on(CREATE, never);
  const { person } = await show(<RerunPanel job={succeeded()} originalSize={SIZE} />, { server: from });
  await person.dblClick(await start());
  expect((await start()).disabled).toBe(true);
  expect(from.to(CREATE)).toHaveLength(1);
});

describe('what stands in the way', () => {
  it.each<[string, Partial<Job>, typeof SIZE | null]>([
    ['is deleted', { originalUrl: null }, SIZE],
    ['is past its time', { expires: { ...succeeded().expires, original: '2026-11-22T12:00:00.000Z' } }, SIZE],
    ['can’t be decoded', {}, null],
  ])('is an original that %s', async (_, changes, size) => {
    await show(<RerunPanel job={succeeded(changes)} originalSize={size} />);
    expect(screen.getByText(deletedText)).toBeDefined();
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('is a quota that is used up', async () => {
    const from = server().on(USAGE, ok(usedUp()));
    const { person } = await show(<RerunPanel job={succeeded()} originalSize={SIZE} />, { server: from });
    expect((await screen.findByRole('alert')).textContent).toContain('Your quota resets in 24 hours');
    expect(screen.queryByText(/uses 1 of/)).toBeNull();
    await person.click(await start());
    expect(from.to(CREATE)).toEqual([]);
  });

  it('is a quota that another tab used up, which is said once', async () => {
    const from = server()
      .on(USAGE, ok(usage()), ok(usedUp()))
      .on(CREATE, no(429, refused('quota_exceeded')));
    const { person, client, services } = await show(<RerunPanel job={succeeded()} originalSize={SIZE} />, { server: from });
    await person.click(await start());
    expect((await screen.findByRole('alert')).textContent).toContain('Quota exceeded');
    await client.invalidateQueries({ queryKey: services.queries.usage.queryKey });
    expect(await screen.findByText('Quota used up')).toBeDefined();
    expect(screen.getAllByRole('alert')).toHaveLength(1);
  });

  it('is told when the server refuses, and can be tried again', async () => {
    const from = server().on(CREATE, no(410, refused('gone')), ok(NEXT, {}, 202));
    const { person, told } = await show(<RerunPanel job={succeeded()} originalSize={SIZE} />, { server: from });
    await person.click(await start());
    const note = await screen.findByRole('alert');
    expect(note.textContent).toContain('No longer available');
    expect(note.textContent).toContain('Choose another image.');
    await person.click(await start());
    await waitFor(() => expect(told).toHaveLength(1));
  });
});

it('waits for the models', async () => {
  await show(<RerunPanel job={succeeded()} originalSize={SIZE} />, { server: server().on(MODELS, never), language: 'de' });
  expect(screen.getByText('Optionen werden geladen …')).toBeDefined();
  expect(screen.queryByRole('button')).toBeNull();
});

it('does not wait for models that can’t be had: it says why', async () => {
  await show(<RerunPanel job={succeeded()} originalSize={SIZE} />, { server: server().on(MODELS, cutOff) });
  expect((await screen.findByRole('alert')).textContent).toContain('No connection');
  expect(screen.queryByText('Loading options…')).toBeNull();
});
