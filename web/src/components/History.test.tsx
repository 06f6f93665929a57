import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { canceled, deleted, failed, queued, refused, running, succeeded } from '../testing/contract.ts';
import { JOB, server, renderComponent } from '../testing/page.tsx';
import { networkError, no, ok } from '../testing/server.ts';
import { History } from './History.tsx';

const LIST = 'GET /api/ai-image/jobs';
const OTHER = 'j2222222222222222222222222';
const page = (jobs: unknown[], nextCursor: string | null = null) => ok({ jobs, nextCursor });
const items = async () => within(await screen.findByRole('region', { name: 'Your images' })).getAllByRole('listitem');
const links = () => screen.findAllByRole('link');

it('renders nothing without images', async () => {
  const from = server();
  await renderComponent(<History shown={null} />, { server: from });
  await waitFor(() => expect(from.requests).toHaveLength(1));
  await new Promise((done) => setTimeout(done));
  expect(screen.queryByRole('heading')).toBeNull();
});

it('names each image by its state and creation time', async () => {
  const jobs = [queued(), running(), succeeded(), failed(), canceled()].map((job, at) => ({ ...job, id: `${OTHER}${at}` }));
  await renderComponent(<History shown={null} />, { server: server().on(LIST, page(jobs)) });
  const made = 'Nov 22, 2026, 12:00 PM';
  expect((await links()).map((link) => link.textContent)).toEqual([
    `Open image: in the queue ${made}`,
    `Open image: enhancing ${made}`,
    `Open image: done ${made}`,
    `Open image: failed ${made}`,
    `Open image: cancelled ${made}`,
  ]);
  expect(screen.getByRole('region', { name: 'Your images' })).toBeDefined();
});

it('shows a result’s thumbnail as decoration, and none without a result', async () => {
  const jobs = [succeeded(), succeeded({ id: OTHER, thumbUrl: null })];
  await renderComponent(<History shown={null} />, { server: server().on(LIST, page(jobs)) });
  const images = (await items()).map((item) => within(item).queryByRole('presentation')?.getAttribute('src'));
  expect(images).toEqual([succeeded().thumbUrl, undefined]);
});

it('speaks German', async () => {
  await renderComponent(<History shown={null} />, { server: server().on(LIST, page([succeeded()])), language: 'de' });
  const section = within(await screen.findByRole('region', { name: 'Ihre Bilder' }));
  expect(section.getByRole('link', { name: 'Bild öffnen: fertig 22.11.2026, 12:00' })).toBeDefined();
  expect(section.getByRole('button', { name: 'Bild von 22.11.2026, 12:00 löschen' })).toBeDefined();
});

describe('an image in the list', () => {
  const two = () => server().on(LIST, page([succeeded(), failed({ id: OTHER })]));

  it('is marked if it is in the view', async () => {
    await renderComponent(<History shown={OTHER} />, { server: two() });
    expect((await links()).map((link) => link.getAttribute('aria-current'))).toEqual([null, 'true']);
  });

  it('opens within the page, also by keyboard, scrolled to the top', async () => {
    const scrolled = vi.spyOn(globalThis, 'scrollTo').mockImplementation(() => undefined);
    const { user, events } = await renderComponent(<History shown={null} />, { server: two() });
    const [, second] = await links();
    second?.focus();
    await user.keyboard('{Enter}');
    expect(events).toEqual([{ type: 'urlChanged', id: OTHER }]);
    expect(scrolled).toHaveBeenCalledWith({ top: 0 });
  });

  it.each(['Control', 'Meta', 'Shift'])('is left to the browser with %s, which opens a new tab or window', async (key) => {
    const { user, events } = await renderComponent(<History shown={null} />, { server: two() });
    const [first] = await links();
    const prevented = vi.fn();
    const listen = (event: Event) => {
      prevented(event.defaultPrevented);
      event.preventDefault(); // happy-dom would follow the link
    };
    addEventListener('click', listen);
    await user.keyboard(`{${key}>}`);
    if (first) await user.click(first);
    await user.keyboard(`{/${key}}`);
    removeEventListener('click', listen);
    expect(prevented.mock.calls).toEqual([[false]]);
    expect(events).toEqual([]);
    expect(first?.getAttribute('href')).toBe(`/?job=${JOB}`);
  });

  it('is deleted after confirmation; then the list’s heading has the focus, because the button no longer exists', async () => {
    const from = server()
      .on(LIST, page([succeeded(), failed({ id: OTHER })]), page([succeeded()]))
      .on(`DELETE /api/ai-image/jobs/${OTHER}`, ok(deleted()));
    const { user, events } = await renderComponent(<History shown={JOB} />, { server: from });
    const [, second] = await items();
    if (second) await user.click(within(second).getByRole('button', { name: /^Delete image from / }));
    await user.click(screen.getByRole('button', { name: 'Delete now' }));
    await waitFor(async () => expect(await items()).toHaveLength(1));
    await waitFor(() => expect(document.activeElement).toBe(screen.getByRole('heading', { name: 'Your images' })));
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(events).toEqual([]); // another job is in the view
  });

  it('leaves the view when it is deleted there', async () => {
    const from = server().on(LIST, page([succeeded()]), page([])).on(`DELETE /api/ai-image/jobs/${JOB}`, ok(deleted()));
    const { user, events } = await renderComponent(<History shown={JOB} />, { server: from });
    await user.click(await screen.findByRole('button', { name: /^Delete image from / }));
    await user.click(screen.getByRole('button', { name: 'Delete now' }));
    await waitFor(() => expect(events).toEqual([{ type: 'reset' }]));
  });

  it('is kept if the deletion is not confirmed', async () => {
    const { user } = await renderComponent(<History shown={null} />, { server: two() });
    const [button] = await screen.findAllByRole('button', { name: /^Delete image from / });
    if (button) await user.click(button);
    await user.click(screen.getByRole('button', { name: 'Keep it' }));
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(await items()).toHaveLength(2);
  });
});

it('appends further pages on demand until the last', async () => {
  const from = server()
    .on(`${LIST}?limit=12`, page([succeeded()], 'next one'))
    .on(`${LIST}?limit=12&cursor=next%20one`, page([failed({ id: OTHER })]));
  const { user } = await renderComponent(<History shown={null} />, { server: from });
  await user.click(await screen.findByRole('button', { name: 'Show more' }));
  await waitFor(async () => expect(await items()).toHaveLength(2));
  expect((await links()).map((link) => link.getAttribute('href'))).toEqual([`/?job=${JOB}`, `/?job=${OTHER}`]);
  expect(screen.queryByRole('button', { name: 'Show more' })).toBeNull();
});

it.each([
  ['no network', networkError],
  ['a session that is over', no(401, refused('unauthorized'))],
])('says that it could not be loaded because of %s, and retries on demand', async (_, rejection) => {
  const from = server().on(LIST, rejection, page([succeeded()]));
  const { user } = await renderComponent(<History shown={null} />, { server: from });
  expect(await screen.findByText('Your images could not be loaded.')).toBeDefined();
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await items()).toHaveLength(1);
  expect(screen.queryByText('Your images could not be loaded.')).toBeNull();
});
