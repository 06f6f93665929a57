import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import i18next from 'i18next';
import { describe, expect, it, vi } from 'vitest';
import type { Job } from './api/types.ts';
import { App } from './App.tsx';
import { canceled, failed, queued, refused, running, succeeded, upload, usage } from './testing/contract.ts';
import { decodeAs, ISSUER, JOB, server, renderPage } from './testing/page.tsx';
import { networkError, no, ok, type Server } from './testing/server.ts';

const ROUTE = `GET /api/ai-image/jobs/${JOB}`;
const view = () => document.querySelector('main')?.dataset.view;
const title = () => screen.getByRole('heading', { level: 1 }).textContent;
const at = async (name: string) => waitFor(() => expect(view()).toBe(name), { timeout: 3000 });
const opened = (answer: () => Promise<Response>, language: 'en' | 'de' = 'en') => {
  history.replaceState(null, '', `/?job=${JOB}`);
  return renderPage(<App signInFailed={false} />, { server: server().on(ROUTE, answer), language });
};
const JPEG = new File([new Uint8Array([0xff, 0xd8, 0xff, 0xe0])], 'cat.jpg', { type: 'image/jpeg' });
const choose = async (user: { upload: (element: HTMLElement, file: File) => Promise<void> }, file = JPEG) =>
  user.upload(screen.getByLabelText('Choose an image', { selector: 'input' }), file);

describe('the page', () => {
  it('starts with choosing an image', async () => {
    await renderPage(<App signInFailed={false} />);
    expect(view()).toBe('start');
    expect(title()).toBe('Make images larger, sharper, better');
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it.each([
    ['en', 'Sign-in failed. Nothing was changed; try again.'],
    ['de', 'Die Anmeldung ist fehlgeschlagen. Es wurde nichts geändert; versuchen Sie es noch einmal.'],
  ] as const)('says that signing in failed, in %s', async (language, words) => {
    await renderPage(<App signInFailed />, { language });
    expect(screen.getByRole('alert').textContent).toBe(words);
  });

  it('changes its language at once, sends it to the server and remembers it', async () => {
    const from = server();
    const { user, client } = await renderPage(<App signInFailed={false} />, { server: from });
    await user.selectOptions(screen.getByRole('combobox', { name: 'Language' }), 'Deutsch');
    expect(title()).toBe('Bilder größer, schärfer, besser machen');
    expect(document.documentElement.lang).toBe('de');
    await act(() => client.refetchQueries({ queryKey: ['usage'] }));
    const languages = from.requestsTo('GET /api/ai-image/usage').map(({ headers }) => headers.get('accept-language'));
    expect(languages).toEqual(['en', 'de']);
    expect(localStorage.getItem('language')).toBe('de');
    expect(i18next.language).toBe('de');
  });

  it('has a skip link as its first element', async () => {
    const { user } = await renderPage(<App signInFailed={false} />);
    await user.tab();
    expect(document.activeElement?.textContent).toBe('Skip to content');
    expect(document.activeElement?.getAttribute('href')).toBe(`#${screen.getByRole('main').id}`);
  });

  it('links to the operator’s privacy policy and the API documentation', async () => {
    await renderPage(<App signInFailed={false} />, { installation: { privacyUrl: 'https://operator.example.com/privacy' } });
    const foot = within(screen.getByRole('contentinfo'));
    expect(foot.getByRole('link', { name: 'Privacy' }).getAttribute('href')).toBe('https://operator.example.com/privacy');
    expect(foot.getByRole('link', { name: 'API documentation' }).getAttribute('href')).toBe('/api/docs');
  });
});

describe('a job in the URL', () => {
  it.each<[string, () => Promise<Response>, string, string]>([
    ['queued', ok(queued()), 'progress', 'Enhancing your image'],
    ['running', ok(running()), 'progress', 'Enhancing your image'],
    ['failed', ok(failed()), 'failed', 'Enhancement failed'],
    ['cancelled', ok(canceled()), 'failed', 'Cancelled'],
    ['expired', ok(succeeded({ imageUrl: null })), 'unavailable', 'This image is not available'],
    ['unknown', no(404, refused('not_found')), 'unavailable', 'This image is not available'],
    ['deleted', no(410, refused('gone')), 'unavailable', 'This image is not available'],
    ['someone else’s', no(403, refused('forbidden')), 'unavailable', 'This image is not available'],
    ['of an expired session', no(401, refused('unauthorized')), 'unavailable', 'This image is not available'],
  ])('is opened: %s', async (_, answer, name, words) => {
    await opened(answer);
    expect(view()).toBe('opening');
    await at(name);
    expect(title()).toBe(words);
    expect(document.title).toMatch(/ – Image Enhancer$/);
  });

  it('is shown once its images are decoded, and marked in the history', async () => {
    decodeAs({ width: 320, height: 213 });
    history.replaceState(null, '', `/?job=${JOB}`);
    const from = server().on(ROUTE, ok(succeeded())).on('GET /api/ai-image/jobs', ok({ jobs: [succeeded()], nextCursor: null }));
    await renderPage(<App signInFailed={false} />, { server: from });
    await at('result');
    expect(screen.getByRole('slider', { name: 'Before and after' })).toBeDefined();
    expect((await screen.findByRole('link', { name: /^Open image/ })).getAttribute('aria-current')).toBe('true');
  });

  it('whose image can’t be decoded can still be downloaded', async () => {
    decodeAs(null);
    await opened(ok(succeeded()));
    await at('result');
    expect(screen.getByText('The image can’t be displayed here. You can still download it.')).toBeDefined();
  });

  it('is retried without a network', async () => {
    await opened(networkError);
    expect((await screen.findByRole('alert')).textContent).toContain('No connection');
    expect(view()).toBe('opening');
  });

  it('moves the focus to the new view’s heading', async () => {
    await opened(ok(failed()));
    await at('failed');
    expect(document.activeElement).toBe(screen.getByRole('heading', { level: 1 }));
  });

  it('speaks German', async () => {
    await opened(ok(failed()), 'de');
    await waitFor(() => expect(title()).toBe('Verbesserung fehlgeschlagen'));
  });

  it('is left for a new image, and the URL changes', async () => {
    const { user } = await opened(ok(failed()));
    await user.click(await screen.findByRole('button', { name: 'New image' }));
    expect(view()).toBe('start');
    expect(location.search).toBe('');
  });

  it('is left by the page’s name', async () => {
    const { user } = await opened(ok(failed()));
    await at('failed');
    await user.click(screen.getByRole('link', { name: 'Image Enhancer' }));
    expect(view()).toBe('start');
  });

  it('follows the back button', async () => {
    await opened(ok(failed()));
    await at('failed');
    history.replaceState(null, '', '/');
    act(() => void dispatchEvent(new PopStateEvent('popstate')));
    expect(view()).toBe('start');
  });
});

describe('a running job', () => {
  it('is polled at the server’s interval until it has ended', async () => {
    history.replaceState(null, '', `/?job=${JOB}`);
    const from = server().on(ROUTE, ok(running(), { 'retry-after': '1' }), ok(failed()));
    await renderPage(<App signInFailed={false} />, { server: from });
    await at('progress');
    await at('failed');
    expect(from.requestsTo(ROUTE)).toHaveLength(2);
  });

  it('is not polled while offline, which is shown, and resumes automatically', async () => {
    history.replaceState(null, '', `/?job=${JOB}`);
    const from = server().on(ROUTE, ok(running(), { 'retry-after': '1' }), ok(failed()));
    await renderPage(<App signInFailed={false} />, { server: from });
    await at('progress');
    const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
    act(() => void dispatchEvent(new Event('offline')));
    expect(screen.getByText('You are offline. This page continues as soon as you are back online.')).toBeDefined();
    await act(() => new Promise<void>((done) => setTimeout(done, 1200)));
    expect(from.requestsTo(ROUTE)).toHaveLength(1);
    online.mockReturnValue(true);
    act(() => void dispatchEvent(new Event('online')));
    expect(screen.queryByText(/^You are offline/)).toBeNull();
    await at('failed');
  });
});

describe('an image', () => {
  const made = (job: Job): Server =>
    server()
      .on('POST /api/ai-image/uploads', ok(upload(), {}, 201))
      .on('POST /api/ai-image/jobs', ok(job, {}, 202))
      .on(ROUTE, ok(job));

  it('is read, planned, uploaded once and followed under its URL', async () => {
    decodeAs({ width: 320, height: 213 });
    const earlier = failed({ id: 'j2222222222222222222222222' });
    const from = made(queued()).on('GET /api/ai-image/jobs', ok({ jobs: [earlier], nextCursor: null }));
    const sent = vi.fn(async () => undefined);
    const { user } = await renderPage(<App signInFailed={false} />, { server: from, upload: sent });
    const mine = { name: 'Your images' };
    expect(await screen.findByRole('region', mine)).toBeDefined();
    await choose(user);
    await at('plan');
    expect(screen.queryByRole('region', mine)).toBeNull(); // the history is hidden on these views
    expect(await screen.findByText('From 320×213 to 1280×852 pixels')).toBeDefined();
    await user.click(screen.getByRole('button', { name: 'Enhance' }));
    await at('progress');
    await waitFor(() => expect(location.search).toBe(`?job=${JOB}`));
    expect(sent).toHaveBeenCalledOnce();
    expect(from.requestsTo('POST /api/ai-image/uploads')[0]?.body).toEqual({ filename: 'cat.jpg', contentType: 'image/jpeg', size: 4 });
    expect(from.requestsTo('POST /api/ai-image/jobs')[0]?.body).toEqual({
      uploadId: upload().uploadId,
      filename: 'cat.jpg',
      model: 'nightmareai/real-esrgan',
      params: { scale: 4, outputFormat: 'webp' },
    });
    expect(screen.queryByRole('region', mine)).toBeNull();
  });

  it('returns to the plan with the reason if the quota is exceeded', async () => {
    decodeAs({ width: 320, height: 213 });
    const from = made(queued()).on('POST /api/ai-image/jobs', no(429, refused('quota_exceeded'), { 'retry-after': '86370' }));
    const { user } = await renderPage(<App signInFailed={false} />, { server: from });
    await choose(user);
    await user.click(await screen.findByRole('button', { name: 'Enhance' }));
    const note = await screen.findByRole('alert');
    expect(view()).toBe('plan');
    expect(note.textContent).toContain('Try again in 24 hours (Nov 23, 2026, 12:00 PM).');
  });

  it('returns to the plan if the upload is aborted', async () => {
    decodeAs({ width: 320, height: 213 });
    const { user } = await renderPage(<App signInFailed={false} />, {
      server: made(queued()),
      upload: (_, __, ___, signal) =>
        new Promise((____, refuse) => signal.addEventListener('abort', () => refuse(signal.reason as Error))),
    });
    await choose(user);
    await user.click(await screen.findByRole('button', { name: 'Enhance' }));
    await at('progress');
    await user.click(screen.getByRole('button', { name: 'Cancel' }));
    await at('plan');
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it.each<[string, { width: number; height: number } | null, number, string]>([
    ['damaged', null, 100, '“cat.jpg” is damaged and can’t be opened as an image.'],
    ['too large', { width: 4, height: 4 }, 3, '“cat.jpg” is 4 bytes; the limit is 3 bytes.'],
  ])('that is %s is rejected before anything is sent, and the start view stays', async (_, size, maxBytes, words) => {
    decodeAs(size);
    const from = server().on('GET /api/ai-image/usage', ok({ ...usage(), limits: { ...usage().limits, maxBytes } }));
    const { user } = await renderPage(<App signInFailed={false} />, { server: from });
    await choose(user);
    expect((await screen.findByRole('alert')).textContent).toContain(words);
    expect(view()).toBe('start');
    expect(from.requests.map(({ method }) => method)).not.toContain('POST');
  });

  it('can be dropped anywhere on the page, which says so during the drag', async () => {
    decodeAs({ width: 320, height: 213 });
    await renderPage(<App signInFailed={false} />);
    fireEvent.dragOver(document.body, { dataTransfer: { types: ['Files'], files: [] } });
    expect(await screen.findByText('Drop to use this image')).toBeDefined();
    fireEvent.drop(document.body, { dataTransfer: { types: ['Files'], files: [JPEG] } });
    await at('plan');
  });
});

it('forgets what it showed after signing out', async () => {
  history.replaceState(null, '', `/?job=${JOB}`);
  const signedIn = { ...usage(), ownerType: 'user' } as const;
  const from = server()
    .on(ROUTE, ok(failed()))
    .on('GET /api/ai-image/usage', ok(signedIn), ok(signedIn), ok(usage()))
    .on('GET /api/ai-image/jobs', ok({ jobs: [failed()], nextCursor: null }), ok({ jobs: [], nextCursor: null }))
    .on('DELETE /api/session', ok({}));
  const { user } = await renderPage(<App signInFailed={false} />, { server: from, installation: { oidc: ISSUER } });
  await at('failed');
  await user.click(await screen.findByRole('button', { name: 'Sign out' }));
  expect(await screen.findByText('You are signed out')).toBeDefined();
  expect(view()).toBe('start');
  expect(location.search).toBe('');
});
