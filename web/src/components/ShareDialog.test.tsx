import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { refused, share } from '../testing/contract.ts';
import { JOB, server, show } from '../testing/page.tsx';
import { cutOff, never, no, ok } from '../testing/server.ts';
import { ShareDialog } from './ShareDialog.tsx';

const ROUTE = `POST /api/ai-image/jobs/${JOB}/share`;
const dialog = () => screen.getByRole('dialog', { name: 'Share the result' });
const create = () => screen.getByRole('button', { name: 'Create link' });
const chosen = () => within(dialog()).getAllByRole<HTMLInputElement>('radio').filter(({ checked }) => checked);
const link = () => screen.findByRole<HTMLInputElement>('textbox', { name: /^Share link / });
const made = () => server().on(ROUTE, ok(share(), {}, 201));

describe('a link', () => {
  it('is made for a day unless something else is chosen, and says until when it works', async () => {
    const from = made();
    const { person } = await show(<ShareDialog id={JOB} onClose={vi.fn()} />, { server: from });
    expect(chosen()).toEqual([screen.getByRole('radio', { name: '1 day' })]);
    expect(screen.queryByRole('textbox')).toBeNull();
    await person.click(create());
    expect((await link()).value).toBe(share().url);
    expect(dialog().textContent).toContain('Expires on Nov 23, 2026, 12:00 PM.');
    expect(from.to(ROUTE).map(({ body }) => body)).toEqual([{ expiresIn: 86_400 }]);
    expect(screen.queryByRole('button', { name: 'Create link' })).toBeNull();
  });

  it('is made for the time that was chosen by the keyboard, and a link for another time is taken away', async () => {
    const from = made();
    const { person } = await show(<ShareDialog id={JOB} onClose={vi.fn()} />, { server: from });
    await person.click(create());
    await link();
    screen.getByRole('radio', { name: '1 day' }).focus();
    await person.keyboard('{ArrowDown}');
    expect(chosen()).toEqual([screen.getByRole('radio', { name: '7 days' })]);
    await waitFor(() => expect(screen.queryByRole('textbox')).toBeNull());
    await person.click(create());
    await link();
    await person.click(screen.getByRole('radio', { name: '1 hour' }));
    await person.click(create());
    await link();
    expect(from.to(ROUTE).map(({ body }) => body)).toEqual(
      [86_400, 604_800, 3600].map((expiresIn) => ({ expiresIn })),
    );
  });

  it('is asked for once, however often one clicks', async () => {
    const from = server().on(ROUTE, never);
    const { person } = await show(<ShareDialog id={JOB} onClose={vi.fn()} />, { server: from });
    await person.dblClick(create());
    expect(create()).toHaveProperty('disabled', true);
    expect(from.to(ROUTE)).toHaveLength(1);
  });

  it('is copied, which is said', async () => {
    const { person } = await show(<ShareDialog id={JOB} onClose={vi.fn()} />, { server: made() });
    await person.click(create());
    await person.click(await screen.findByRole('button', { name: 'Copy link' }));
    expect(await screen.findByText('Link copied')).toBeDefined();
    expect(await navigator.clipboard.readText()).toBe(share().url);
    expect(dialog().textContent).not.toContain('could not be copied');
  });

  it('is to be copied by hand where there is no clipboard, and is selected as soon as it has the focus', async () => {
    const { person } = await show(<ShareDialog id={JOB} onClose={vi.fn()} />, { server: made() });
    vi.stubGlobal('navigator', Object.create(navigator, { clipboard: { value: undefined } }));
    await person.click(create());
    await person.click(await screen.findByRole('button', { name: 'Copy link' }));
    expect(await within(dialog()).findByText(/could not be copied\. Select it/)).toBeDefined();
    expect(screen.queryByText('Link copied')).toBeNull();
    const field = await link();
    field.focus();
    expect(field.value.slice(field.selectionStart ?? 0, field.selectionEnd ?? 0)).toBe(share().url);
  });

  it('that is new is not yet to be copied by hand', async () => {
    const { person } = await show(<ShareDialog id={JOB} onClose={vi.fn()} />, { server: made() });
    vi.stubGlobal('navigator', Object.create(navigator, { clipboard: { value: undefined } }));
    await person.click(create());
    await person.click(await screen.findByRole('button', { name: 'Copy link' }));
    await within(dialog()).findByText(/could not be copied/);
    await person.click(screen.getByRole('radio', { name: '1 hour' }));
    await person.click(create());
    await link();
    expect(dialog().textContent).not.toContain('could not be copied');
  });
});

describe('what stands in the way of a link', () => {
  it('is said, and asking again works', async () => {
    const from = server().on(ROUTE, no(409, refused('conflict')), ok(share(), {}, 201));
    const { person } = await show(<ShareDialog id={JOB} onClose={vi.fn()} />, { server: from });
    await person.click(create());
    const note = await screen.findByRole('alert');
    expect(note.textContent).toContain('This has changed in the meantime');
    expect(note.textContent).toContain('The job has no result to share.');
    await person.click(create());
    await link();
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('is a result that is deleted', async () => {
    const from = server().on(ROUTE, no(410, refused('gone')));
    const { person } = await show(<ShareDialog id={JOB} onClose={vi.fn()} />, { server: from });
    await person.click(create());
    expect((await screen.findByRole('alert')).textContent).toContain('This image was deleted.');
  });

  it('is no network, in German too', async () => {
    const from = server().on(ROUTE, cutOff);
    const { person } = await show(<ShareDialog id={JOB} onClose={vi.fn()} />, { server: from, language: 'de' });
    await person.click(screen.getByRole('button', { name: 'Link erstellen' }));
    const note = await screen.findByRole('alert');
    expect(note.textContent).toContain('Keine Verbindung');
    expect(note.textContent).toContain('Prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal.');
  });
});

it('tells before anything is made who will see what', async () => {
  await show(<ShareDialog id={JOB} onClose={vi.fn()} />);
  expect(dialog().textContent).toContain('Anyone with the link can open the result, but not the original');
});

it('closes by its button and by Escape', async () => {
  const onClose = vi.fn();
  const { person } = await show(<ShareDialog id={JOB} onClose={onClose} />);
  await person.click(screen.getByRole('button', { name: 'Close' }));
  expect(onClose).toHaveBeenCalledTimes(1);
  // What a browser makes of Escape in a dialog; this DOM does not.
  fireEvent(dialog(), new Event('cancel'));
  expect(onClose).toHaveBeenCalledTimes(2);
});
