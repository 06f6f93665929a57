import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import type { Problem } from '../api/problem.ts';
import type { Original } from '../image/read.ts';
import type { JobOptions } from '../options/jobOptions.ts';
import { models, problem, refused, usedUp } from '../testing/contract.ts';
import { original, server, renderComponent } from '../testing/page.tsx';
import { networkError, noResponse, no, ok } from '../testing/server.ts';
import { PlanView } from './PlanView.tsx';

const USAGE = 'GET /api/ai-image/usage';
const MODELS = 'GET /api/ai-image/models';
const start = (name = 'Enhance') => screen.findByRole<HTMLButtonElement>('button', { name });

type Given = { image?: Original; options?: JobOptions | null; problem?: Problem | null };

const plan = ({ image = original(), options = null, problem: why = null }: Given = {}, onStart = vi.fn()) => (
  <PlanView original={image} options={options} problem={why} onStart={onStart} />
);

it('shows the image with its name, size and estimated result', async () => {
  await renderComponent(plan());
  expect(screen.getByRole('heading', { level: 1, name: 'Ready to enhance' })).toBeDefined();
  expect(screen.getByRole('img', { name: 'Your image' }).getAttribute('src')).toBe('blob:cat');
  expect(screen.getByRole('figure').textContent).toBe('cat.jpg 20 kB');
  expect(await screen.findByText('From 320×213 to 1280×852 pixels')).toBeDefined();
  expect(screen.getByText('320×213 → 1280×852')).toBeDefined();
  expect(await screen.findByText('uses 1 of 19 remaining images')).toBeDefined();
  expect(document.querySelector('.size-line')?.textContent).toContain('usually about 12 seconds');
});

it('speaks German', async () => {
  await renderComponent(plan(), { language: 'de' });
  expect(screen.getByRole('heading', { level: 1, name: 'Bereit zum Verbessern' })).toBeDefined();
  expect(await screen.findByText('Von 320×213 auf 1280×852 Pixel')).toBeDefined();
  expect(await screen.findByText('verbraucht 1 von 19 freien Bildern')).toBeDefined();
  expect(await start('Verbessern')).toBeDefined();
});

it('starts with the defaults: the first goal, WebP, the model’s default scale', async () => {
  const onStart = vi.fn();
  const { user } = await renderComponent(plan({}, onStart));
  await user.click(await start());
  expect(onStart).toHaveBeenCalledOnce();
  expect(onStart).toHaveBeenCalledWith(
    { goal: 'enlarge', model: 'nightmareai/real-esrgan', params: {} },
    { model: 'nightmareai/real-esrgan', params: { scale: 4, outputFormat: 'webp' } },
  );
});

it('starts with the given options, by keyboard', async () => {
  const onStart = vi.fn();
  const options: JobOptions = { goal: 'faces', model: 'tencentarc/gfpgan', params: { scale: 3, version: 'v1.3', outputFormat: 'png' } };
  const { user } = await renderComponent(plan({ options }, onStart));
  (await start()).focus();
  await user.keyboard('{Enter}');
  expect(onStart).toHaveBeenCalledWith(options, { model: options.model, params: options.params });
  expect(screen.getByText('From 320×213 to 960×639 pixels')).toBeDefined();
});

it('reports changed options and the choice of another image', async () => {
  const { user, events } = await renderComponent(plan());
  await user.click(await screen.findByRole('radio', { name: /^Clean up/ }));
  await user.click(screen.getByRole('button', { name: 'Choose another' }));
  expect(events).toEqual([
    { type: 'optionsChanged', options: { goal: 'cleanup', model: 'nightmareai/real-esrgan', params: { scale: 1 } } },
    { type: 'reset' },
  ]);
});

describe('an image that is too large for the default scale', () => {
  const image = original({ width: 4000, height: 3000 });

  it('is explained with the model’s limit, and its scale is left to the server', async () => {
    const onStart = vi.fn();
    const { user } = await renderComponent(plan({ image }, onStart));
    const words = 'With Real-ESRGAN, an image of this size can be scaled to 1.67× at most.';
    expect(await screen.findByText(words)).toBeDefined();
    await user.click(await start());
    expect(onStart.mock.calls[0]?.[1]).toEqual({ model: 'nightmareai/real-esrgan', params: { outputFormat: 'webp' } });
  });

  it('is explained in German', async () => {
    await renderComponent(plan({ image }), { language: 'de' });
    expect(await screen.findByText(/^Mit Real-ESRGAN ist .* höchstens 1,67× möglich\.$/)).toBeDefined();
  });

  it('is not the sample image', async () => {
    await renderComponent(plan());
    await start();
    expect(screen.queryByText(/an image of this size/)).toBeNull();
  });
});

describe('a quota that is used up', () => {
  it('prevents a start and says when it resets, instead of the quota use', async () => {
    const onStart = vi.fn();
    const { user } = await renderComponent(plan({}, onStart), { server: server().on(USAGE, ok(usedUp())) });
    const note = await screen.findByRole('alert');
    expect(note.textContent).toContain('Quota used up');
    expect(note.textContent).toContain('Your quota resets in 24 hours (Nov 23, 2026, 12:00 PM).');
    expect((await start()).disabled).toBe(true);
    await user.click(await start());
    expect(onStart).not.toHaveBeenCalled();
    expect(screen.queryByText(/uses 1 of/)).toBeNull();
  });

  it('is fetched again, because another tab may have used it up', async () => {
    const from = server().on(USAGE, ok(usedUp()));
    const { client, services, rerender } = await renderComponent(<p />, { server: from });
    await client.fetchQuery(services.queries.usage);
    rerender(plan());
    await waitFor(() => expect(from.requestsTo(USAGE)).toHaveLength(2));
    expect((await screen.findByRole('alert')).textContent).toContain('You have used 20 of 20 images.');
  });

  it('is shown only once after the server refused a start', async () => {
    await renderComponent(plan({ problem: problem('quota_exceeded', 429) }), { server: server().on(USAGE, ok(usedUp())) });
    expect(await screen.findByText(/^Your quota resets in 24 hours/)).toBeDefined();
    expect(screen.getAllByRole('alert')).toHaveLength(1);
  });

  it('does not hide another reason for a refused start', async () => {
    await renderComponent(plan({ problem: problem('rate_limited', 429) }), { server: server().on(USAGE, ok(usedUp())) });
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
  ])('is explained, and can be retried: %o', async (why, words) => {
    const onStart = vi.fn();
    const { user } = await renderComponent(plan({ problem: why }, onStart));
    expect((await screen.findByRole('alert')).textContent).toContain(words);
    await user.click(await start());
    expect(onStart).toHaveBeenCalledOnce();
  });
});

describe('the models', () => {
  it('are shown as loading', async () => {
    await renderComponent(plan(), { server: server().on(MODELS, noResponse) });
    expect(screen.getByText('Loading options…')).toBeDefined();
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('are explained if they could not be loaded', async () => {
    await renderComponent(plan(), { server: server().on(MODELS, networkError), language: 'de' });
    expect((await screen.findByRole('alert')).textContent).toContain('Keine Verbindung');
    expect(screen.queryByText('Optionen werden geladen …')).toBeNull();
  });

  it('are explained with the server’s reason', async () => {
    await renderComponent(plan(), { server: server().on(MODELS, no(503, refused('service_unavailable'))) });
    expect((await screen.findByRole('alert')).textContent).toContain('Temporarily unavailable');
  });

  it('decide which goals are available', async () => {
    await renderComponent(plan(), { server: server().on(MODELS, ok({ models: models().slice(2) })) });
    expect(await screen.findByRole('radio', { name: /^Restore faces/ })).toHaveProperty('checked', true);
    expect(document.querySelector('.size-line')?.textContent).toContain('usually about 15 seconds');
  });
});

describe('the privacy notice', () => {
  const where = async (title: string) => within(await screen.findByRole('region', { name: title }));

  it('is shown before anything is sent, with a link to the operator’s policy', async () => {
    const from = server();
    await renderComponent(plan(), { server: from, installation: { privacyUrl: 'https://operator.example.com/privacy' } });
    const told = await where('What happens to your image');
    expect(told.getByText(/AI provider Replicate, which keeps it for at most one hour/)).toBeDefined();
    const policy = told.getByRole('link', { name: 'Privacy policy' });
    expect(policy.getAttribute('href')).toBe('https://operator.example.com/privacy');
    expect(from.requests.map(({ method }) => method)).not.toContain('POST');
  });

  it('has no link without a policy', async () => {
    await renderComponent(plan(), { language: 'de' });
    const told = await where('Was mit Ihrem Bild geschieht');
    expect(told.queryByText('Datenschutzerklärung')).toBeNull();
  });
});
