import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import type { Problem } from '../api/problem.ts';
import type { Original } from '../image/read.ts';
import type { JobOptions } from '../options/jobOptions.ts';
import { models, problem, refused, usedUp } from '../testing/contract.ts';
import { original, server, show } from '../testing/page.tsx';
import { cutOff, never, no, ok } from '../testing/server.ts';
import { PlanView } from './PlanView.tsx';

const USAGE = 'GET /api/ai-image/usage';
const MODELS = 'GET /api/ai-image/models';
const start = (name = 'Enhance') => screen.findByRole<HTMLButtonElement>('button', { name });

type Given = { image?: Original; options?: JobOptions | null; problem?: Problem | null };

const plan = ({ image = original(), options = null, problem: why = null }: Given = {}, onStart = vi.fn()) => (
  <PlanView original={image} options={options} problem={why} onStart={onStart} />
);

it('shows the image with its name and size beside what will become of it', async () => {
  await show(plan());
  expect(screen.getByRole('heading', { level: 1, name: 'Ready to enhance' })).toBeDefined();
  expect(screen.getByRole('img', { name: 'Your image' }).getAttribute('src')).toBe('blob:cat');
  expect(screen.getByRole('figure').textContent).toBe('cat.jpg 20 kB');
  expect(await screen.findByText('From 320×213 to 1280×852 pixels')).toBeDefined();
  expect(screen.getByText('320×213 → 1280×852')).toBeDefined();
  expect(await screen.findByText('uses 1 of 19 remaining images')).toBeDefined();
  expect(document.querySelector('.size-line')?.textContent).toContain('usually takes about 12 seconds');
});

it('shows all of it in German', async () => {
  await show(plan(), { language: 'de' });
  expect(screen.getByRole('heading', { level: 1, name: 'Bereit zum Verbessern' })).toBeDefined();
  expect(await screen.findByText('Von 320×213 auf 1280×852 Pixel')).toBeDefined();
  expect(await screen.findByText('verbraucht 1 von 19 freien Bildern')).toBeDefined();
  expect(await start('Verbessern')).toBeDefined();
});

it('starts with what is chosen: at first the first goal, in WebP at the model’s usual scale', async () => {
  const onStart = vi.fn();
  const { person } = await show(plan({}, onStart));
  await person.click(await start());
  expect(onStart).toHaveBeenCalledOnce();
  expect(onStart).toHaveBeenCalledWith(
    { goal: 'enlarge', model: 'nightmareai/real-esrgan', params: {} },
    { model: 'nightmareai/real-esrgan', params: { scale: 4, outputFormat: 'webp' } },
  );
});

it('starts with the options that it is given, by the keyboard', async () => {
  const onStart = vi.fn();
  const options: JobOptions = { goal: 'faces', model: 'tencentarc/gfpgan', params: { scale: 3, version: 'v1.3', outputFormat: 'png' } };
  const { person } = await show(plan({ options }, onStart));
  (await start()).focus();
  await person.keyboard('{Enter}');
  expect(onStart).toHaveBeenCalledWith(options, { model: options.model, params: options.params });
  expect(screen.getByText('From 320×213 to 960×639 pixels')).toBeDefined();
});

it('tells what is chosen, and that another image is wanted', async () => {
  const { person, told } = await show(plan());
  await person.click(await screen.findByRole('radio', { name: /^Clean up/ }));
  await person.click(screen.getByRole('button', { name: 'Choose another' }));
  expect(told).toEqual([
    { type: 'optionsChanged', options: { goal: 'cleanup', model: 'nightmareai/real-esrgan', params: { scale: 1 } } },
    { type: 'reset' },
  ]);
});

describe('an image that is too large for the usual scale', () => {
  const image = original({ width: 4000, height: 3000 });

  it('is told apart with the model’s limit, and its scale is left to the server', async () => {
    const onStart = vi.fn();
    const { person } = await show(plan({ image }, onStart));
    const words = 'With Real-ESRGAN, an image of this size can be scaled to 1.67× at most.';
    expect(await screen.findByText(words)).toBeDefined();
    await person.click(await start());
    expect(onStart.mock.calls[0]?.[1]).toEqual({ model: 'nightmareai/real-esrgan', params: { outputFormat: 'webp' } });
  });

  it('is told so in German', async () => {
    await show(plan({ image }), { language: 'de' });
    expect(await screen.findByText(/^Mit Real-ESRGAN ist .* höchstens 1,67× möglich\.$/)).toBeDefined();
  });

  it('is not the sample', async () => {
    await show(plan());
    await start();
    expect(screen.queryByText(/an image of this size/)).toBeNull();
  });
});

describe('a quota that is used up', () => {
  it('keeps one from starting and says until when, instead of what it would cost', async () => {
    const onStart = vi.fn();
    const { person } = await show(plan({}, onStart), { server: server().on(USAGE, ok(usedUp())) });
    const note = await screen.findByRole('alert');
    expect(note.textContent).toContain('Quota used up');
    expect(note.textContent).toContain('Your quota resets in 24 hours (Nov 23, 2026, 12:00 PM).');
    expect((await start()).disabled).toBe(true);
    await person.click(await start());
    expect(onStart).not.toHaveBeenCalled();
    expect(screen.queryByText(/uses 1 of/)).toBeNull();
  });

  it('is asked for anew, because another tab may have used it', async () => {
    const from = server().on(USAGE, ok(usedUp()));
    const { client, services, again } = await show(<p />, { server: from });
    await client.fetchQuery(services.queries.usage);
    again(plan());
    await waitFor(() => expect(from.to(USAGE)).toHaveLength(2));
    expect((await screen.findByRole('alert')).textContent).toContain('You have used 20 of 20 images.');
  });

  it('is told once after the server refused a start', async () => {
    await show(plan({ problem: problem('quota_exceeded', 429) }), { server: server().on(USAGE, ok(usedUp())) });
    expect(await screen.findByText(/^Your quota resets in 24 hours/)).toBeDefined();
    expect(screen.getAllByRole('alert')).toHaveLength(1);
  });

  it('does not hide why else a start was refused', async () => {
    await show(plan({ problem: problem('rate_limited', 429) }), { server: server().on(USAGE, ok(usedUp())) });
    expect(await screen.findByText(/^Your quota resets in 24 hours/)).toBeDefined();
    expect(screen.getByText('Too many requests')).toBeDefined();
  });
});

describe('a start that was refused', () => {
  it.each([
    [problem('quota_exceeded', 429), 'Try again in 24 hours (Nov 23, 2026, 12:00 PM).'],
    [problem('validation_error', 400), 'scale is 9; it must be a number from 1 to 4.'],
    [problem('unsupported_media_type', 415), 'Choose another image.'],
    [problem('email_unverified', 403), 'Verify it with your sign-in provider, then sign in again.'],
  ])('is explained, and can be tried again: %o', async (why, words) => {
    const onStart = vi.fn();
    const { person } = await show(plan({ problem: why }, onStart));
    expect((await screen.findByRole('alert')).textContent).toContain(words);
    await person.click(await start());
    expect(onStart).toHaveBeenCalledOnce();
  });
});

describe('the models', () => {
  it('are waited for', async () => {
    await show(plan(), { server: server().on(MODELS, never) });
    expect(screen.getByText('Loading options…')).toBeDefined();
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('that can’t be had are a problem that is told', async () => {
    await show(plan(), { server: server().on(MODELS, cutOff), language: 'de' });
    expect((await screen.findByRole('alert')).textContent).toContain('Keine Verbindung');
    expect(screen.queryByText('Optionen werden geladen …')).toBeNull();
  });

  it('that the server refuses are told with its reason', async () => {
    await show(plan(), { server: server().on(MODELS, no(503, refused('service_unavailable'))) });
    expect((await screen.findByRole('alert')).textContent).toContain('Temporarily unavailable');
  });

  it('decide what is on offer', async () => {
    await show(plan(), { server: server().on(MODELS, ok({ models: models().slice(2) })) });
    expect(await screen.findByRole('radio', { name: /^Restore faces/ })).toHaveProperty('checked', true);
    expect(document.querySelector('.size-line')?.textContent).toContain('usually takes about 15 seconds');
  });
});

describe('where the image goes', () => {
  const where = async (title: string) => within(await screen.findByRole('region', { name: title }));

  it('is said before anything is sent, with the operator’s policy', async () => {
    const from = server();
    await show(plan(), { server: from, installation: { privacyUrl: 'https://operator.example.com/privacy' } });
    const told = await where('What happens to your image');
    expect(told.getByText(/AI provider Replicate, which keeps it for at most one hour/)).toBeDefined();
    const policy = told.getByRole('link', { name: 'Privacy policy' });
    expect(policy.getAttribute('href')).toBe('https://operator.example.com/privacy');
    expect(from.asked.map(({ method }) => method)).not.toContain('POST');
  });

  it('names no policy that there is not', async () => {
    await show(plan(), { language: 'de' });
    const told = await where('Was mit Ihrem Bild geschieht');
    expect(told.queryByText('Datenschutzerklärung')).toBeNull();
  });
});
