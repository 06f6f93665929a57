import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { canceled, deleted, failed, queued, refused, running, succeeded } from '../testing/contract.ts';
import { JOB, server, show } from '../testing/page.tsx';
import { cutOff, no, ok } from '../testing/server.ts';
import { History } from './History.tsx';

const LIST = 'GET /api/ai-image/jobs';
const OTHER = 'j2222222222222222222222222';
const page = (jobs: unknown[], nextCursor: string | null = null) => ok({ jobs, nextCursor });
const items = async () => within(await screen.findByRole('region', { name: 'Your images' })).getAllByRole('listitem');
const links = () => screen.findAllByRole('link');

it('is nothing at all for whoever has no images', async () => {
  const from = server();
  await show(<History shown={null} />, { server: from });
  await waitFor(() => expect(from.asked).toHaveLength(1));
  await new Promise((done) => setTimeout(done));
  expect(screen.queryByRole('heading')).toBeNull();
});

it('names each image by how it stands and when it was made', async () => {
  const jobs = [queued(), running(), succeeded(), failed(), canceled()].map((job, at) => ({ ...job, id: `${OTHER}${at}` }));
  await show(<History shown={null} />, { server: server().on(LIST, page(jobs)) });
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

it('shows the thumbnail of a result, as an ornament beside its words, and none where there is none', async () => {
  const jobs = [succeeded(), succeeded({ id: OTHER, thumbUrl: null })];
  await show(<History shown={null} />, { server: server().on(LIST, page(jobs)) });
  const images = (await items()).map((item) => within(item).queryByRole('presentation')?.getAttribute('src'));
  expect(images).toEqual([succeeded().thumbUrl, undefined]);
});

it('speaks German', async () => {
  await show(<History shown={null} />, { server: server().on(LIST, page([succeeded()])), language: 'de' });
  const section = within(await screen.findByRole('region', { name: 'Ihre Bilder' }));
  expect(section.getByRole('link', { name: 'Bild öffnen: fertig 22.11.2026, 12:00' })).toBeDefined();
  expect(section.getByRole('button', { name: 'Bild von 22.11.2026, 12:00 löschen' })).toBeDefined();
});

describe('an image in the list', () => {
  const two = () => server().on(LIST, page([succeeded(), failed({ id: OTHER })]));

  it('is marked when it is the one that is shown', async () => {
    await show(<History shown={OTHER} />, { server: two() });
    expect((await links()).map((link) => link.getAttribute('aria-current'))).toEqual([null, 'true']);
  });

  it('opens without leaving the page, by the keyboard too, at its top', async () => {
    const scrolled = vi.spyOn(globalThis, 'scrollTo').mockImplementation(() => undefined);
    const { person, told } = await show(<History shown={null} />, { server: two() });
    const [, second] = await links();
    second?.focus();
    await person.keyboard('{Enter}');
    expect(told).toEqual([{ type: 'urlChanged', id: OTHER }]);
    expect(scrolled).toHaveBeenCalledWith({ top: 0 });
  });

  it.each(['Control', 'Meta', 'Shift'])('is left to the browser with %s, which opens it elsewhere', async (key) => {
    const { person, told } = await show(<History shown={null} />, { server: two() });
    const [first] = await links();
    const prevented = vi.fn();
    const listen = (event: Event) => {
      prevented(event.defaultPrevented);
      event.preventDefault(); // this DOM would follow the link
    };
    addEventListener('click', listen);
    await person.keyboard(`{${key}>}`);
    if (first) await person.click(first);
    await person.keyboard(`{/${key}}`);
    removeEventListener('click', listen);
    expect(prevented.mock.calls).toEqual([[false]]);
    expect(told).toEqual([]);
    expect(first?.getAttribute('href')).toBe(`/?job=${JOB}`);
  });

  it('is deleted after a question; then the list has the focus, because the button is gone', async () => {
    const from = server()
      .on(LIST, page([succeeded(), failed({ id: OTHER })]), page([succeeded()]))
      .on(`DELETE /api/ai-image/jobs/${OTHER}`, ok(deleted()));
    const { person, told } = await show(<History shown={JOB} />, { server: from });
    const [, second] = await items();
    if (second) await person.click(within(second).getByRole('button', { name: /^Delete image from / }));
    await person.click(screen.getByRole('button', { name: 'Delete now' }));
    await waitFor(async () => expect(await items()).toHaveLength(1));
    await waitFor(() => expect(document.activeElement).toBe(screen.getByRole('heading', { name: 'Your images' })));
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(told).toEqual([]); // the shown one is another
  });

  it('leaves the view when it is deleted and shown', async () => {
    const from = server().on(LIST, page([succeeded()]), page([])).on(`DELETE /api/ai-image/jobs/${JOB}`, ok(deleted()));
    const { person, told } = await show(<History shown={JOB} />, { server: from });
    await person.click(await screen.findByRole('button', { name: /^Delete image from / }));
    await person.click(screen.getByRole('button', { name: 'Delete now' }));
    await waitFor(() => expect(told).toEqual([{ type: 'reset' }]));
  });

  it('stays when the question is answered with no', async () => {
    const { person } = await show(<History shown={null} />, { server: two() });
    const [button] = await screen.findAllByRole('button', { name: /^Delete image from / });
    if (button) await person.click(button);
    await person.click(screen.getByRole('button', { name: 'Keep it' }));
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(await items()).toHaveLength(2);
  });
});

it('shows more on demand, after what is there, until there is no more', async () => {
  const from = server()
    .on(`${LIST}?limit=12`, page([succeeded()], 'next one'))
    .on(`${LIST}?limit=12&cursor=next%20one`, page([failed({ id: OTHER })]));
  const { person } = await show(<History shown={null} />, { server: from });
  await person.click(await screen.findByRole('button', { name: 'Show more' }));
  await waitFor(async () => expect(await items()).toHaveLength(2));
  expect((await links()).map((link) => link.getAttribute('href'))).toEqual([`/?job=${JOB}`, `/?job=${OTHER}`]);
  expect(screen.queryByRole('button', { name: 'Show more' })).toBeNull();
});

it.each([
  ['no network', cutOff],
  ['a session that is over', no(401, refused('unauthorized'))],
])('says that it could not be loaded because of %s, and loads on demand', async (_, rejection) => {
  const from = server().on(LIST, rejection, page([succeeded()]));
  const { person } = await show(<History shown={null} />, { server: from });
  expect(await screen.findByText('Your images could not be loaded.')).toBeDefined();
  await person.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await items()).toHaveLength(1);
  expect(screen.queryByText('Your images could not be loaded.')).toBeNull();
});
