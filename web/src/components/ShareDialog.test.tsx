import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { refused, share } from '../testing/contract.ts';
import { JOB, server, renderComponent } from '../testing/page.tsx';
import { networkError, noResponse, no, ok } from '../testing/server.ts';
import { ShareDialog } from './ShareDialog.tsx';

const ROUTE = `POST /api/ai-image/jobs/${JOB}/share`;
const dialog = () => screen.getByRole('dialog', { name: 'Share the result' });
const create = () => screen.getByRole('button', { name: 'Create link' });
const chosen = () => within(dialog()).getAllByRole<HTMLInputElement>('radio').filter(({ checked }) => checked);
const link = () => screen.findByRole<HTMLInputElement>('textbox', { name: /^Share link / });
const made = () => server().on(ROUTE, ok(share(), {}, 201));

describe('a link', () => {
  it('expires after a day by default, and says when', async () => {
    const from = made();
    const { user } = await renderComponent(<ShareDialog id={JOB} onClose={vi.fn()} />, { server: from });
    expect(chosen()).toEqual([screen.getByRole('radio', { name: '1 day' })]);
    expect(screen.queryByRole('textbox')).toBeNull();
    await user.click(create());
    expect((await link()).value).toBe(share().url);
    expect(dialog().textContent).toContain('Expires on Nov 23, 2026, 12:00 PM.');
    expect(from.requestsTo(ROUTE).map(({ body }) => body)).toEqual([{ expiresIn: 86_400 }]);
    expect(screen.queryByRole('button', { name: 'Create link' })).toBeNull();
  });

  it('uses the expiry chosen by keyboard, and is removed when the expiry changes', async () => {
    const from = made();
    const { user } = await renderComponent(<ShareDialog id={JOB} onClose={vi.fn()} />, { server: from });
    await user.click(create());
    await link();
    screen.getByRole('radio', { name: '1 day' }).focus();
    await user.keyboard('{ArrowDown}');
    expect(chosen()).toEqual([screen.getByRole('radio', { name: '7 days' })]);
    await waitFor(() => expect(screen.queryByRole('textbox')).toBeNull());
    await user.click(create());
    await link();
    await user.click(screen.getByRole('radio', { name: '1 hour' }));
    await user.click(create());
    await link();
    expect(from.requestsTo(ROUTE).map(({ body }) => body)).toEqual(
      [86_400, 604_800, 3600].map((expiresIn) => ({ expiresIn })),
    );
  });

  it('is requested once on a double click', async () => {
    const from = server().on(ROUTE, noResponse);
    const { user } = await renderComponent(<ShareDialog id={JOB} onClose={vi.fn()} />, { server: from });
    await user.dblClick(create());
    expect(create()).toHaveProperty('disabled', true);
    expect(from.requestsTo(ROUTE)).toHaveLength(1);
  });

  it('is copied, with a confirmation', async () => {
    const { user } = await renderComponent(<ShareDialog id={JOB} onClose={vi.fn()} />, { server: made() });
    await user.click(create());
    await user.click(await screen.findByRole('button', { name: 'Copy link' }));
    expect(await screen.findByText('Link copied')).toBeDefined();
    expect(await navigator.clipboard.readText()).toBe(share().url);
    expect(dialog().textContent).not.toContain('could not be copied');
  });

  it('can be copied by hand without a clipboard, and is selected on focus', async () => {
    const { user } = await renderComponent(<ShareDialog id={JOB} onClose={vi.fn()} />, { server: made() });
    vi.stubGlobal('navigator', Object.create(navigator, { clipboard: { value: undefined } }));
    await user.click(create());
    await user.click(await screen.findByRole('button', { name: 'Copy link' }));
    expect(await within(dialog()).findByText(/could not be copied\. Select it/)).toBeDefined();
    expect(screen.queryByText('Link copied')).toBeNull();
    const field = await link();
    field.focus();
    expect(field.value.slice(field.selectionStart ?? 0, field.selectionEnd ?? 0)).toBe(share().url);
  });

  it('starts without the hint of an earlier failed copy', async () => {
    const { user } = await renderComponent(<ShareDialog id={JOB} onClose={vi.fn()} />, { server: made() });
    vi.stubGlobal('navigator', Object.create(navigator, { clipboard: { value: undefined } }));
    await user.click(create());
    await user.click(await screen.findByRole('button', { name: 'Copy link' }));
    await within(dialog()).findByText(/could not be copied/);
    await user.click(screen.getByRole('radio', { name: '1 hour' }));
    await user.click(create());
    await link();
    expect(dialog().textContent).not.toContain('could not be copied');
  });
});

describe('a problem with a link', () => {
  it('is shown, and a retry works', async () => {
    const from = server().on(ROUTE, no(409, refused('conflict')), ok(share(), {}, 201));
    const { user } = await renderComponent(<ShareDialog id={JOB} onClose={vi.fn()} />, { server: from });
    await user.click(create());
    const note = await screen.findByRole('alert');
    expect(note.textContent).toContain('This has changed in the meantime');
    expect(note.textContent).toContain('The job has no result to share.');
    await user.click(create());
    await link();
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('says that the result was deleted', async () => {
    const from = server().on(ROUTE, no(410, refused('gone')));
    const { user } = await renderComponent(<ShareDialog id={JOB} onClose={vi.fn()} />, { server: from });
    await user.click(create());
    expect((await screen.findByRole('alert')).textContent).toContain('This image was deleted.');
  });

  it('says in German that there is no connection', async () => {
    const from = server().on(ROUTE, networkError);
    const { user } = await renderComponent(<ShareDialog id={JOB} onClose={vi.fn()} />, { server: from, language: 'de' });
    await user.click(screen.getByRole('button', { name: 'Link erstellen' }));
    const note = await screen.findByRole('alert');
    expect(note.textContent).toContain('Keine Verbindung');
    expect(note.textContent).toContain('Prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal.');
  });
});

it('says before a link is created who will be able to open what', async () => {
  await renderComponent(<ShareDialog id={JOB} onClose={vi.fn()} />);
  expect(dialog().textContent).toContain('Anyone with the link can open the result, but not the original');
});

it('closes by its button and by Escape', async () => {
  const onClose = vi.fn();
  const { user } = await renderComponent(<ShareDialog id={JOB} onClose={onClose} />);
  await user.click(screen.getByRole('button', { name: 'Close' }));
  expect(onClose).toHaveBeenCalledTimes(1);
  // Browsers fire this event for Escape in a dialog; happy-dom does not.
  fireEvent(dialog(), new Event('cancel'));
  expect(onClose).toHaveBeenCalledTimes(2);
});
