import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { deleted, refused, succeeded } from '../testing/contract.ts';
import { JOB, server, show } from '../testing/page.tsx';
import { cutOff, never, no, ok } from '../testing/server.ts';
import { DeleteDialog } from './DeleteDialog.tsx';

const ROUTE = `DELETE /api/ai-image/jobs/${JOB}`;
const dialog = () => screen.getByRole('dialog', { name: 'Delete this image?' });
const confirm = () => within(dialog()).getByRole<HTMLButtonElement>('button', { name: 'Delete now' });

it('says what goes and that it is for good before anything is deleted', async () => {
  const from = server();
  await show(<DeleteDialog id={JOB} shown onClose={vi.fn()} />, { server: from });
  expect(dialog().textContent).toContain('This permanently deletes the original, the result and all share links.');
  expect(dialog().textContent).toContain('It does not restore your quota.');
  expect(from.asked).toEqual([]);
});

it.each(['Keep it', 'Close'])('deletes nothing after “%s”', async (name) => {
  const from = server();
  const onClose = vi.fn();
  const { person, told } = await show(<DeleteDialog id={JOB} shown onClose={onClose} />, { server: from });
  await person.click(within(dialog()).getByRole('button', { name }));
  expect(onClose).toHaveBeenCalledOnce();
  expect(from.asked).toEqual([]);
  expect(told).toEqual([]);
});

it('deletes nothing after Escape', async () => {
  const from = server();
  const onClose = vi.fn();
  await show(<DeleteDialog id={JOB} shown onClose={onClose} />, { server: from });
  fireEvent(dialog(), new Event('cancel')); // what a browser makes of Escape
  expect(onClose).toHaveBeenCalledOnce();
  expect(from.asked).toEqual([]);
});

it('deletes, says so, leaves the image that is shown and forgets what it knew of it', async () => {
  const from = server().on(ROUTE, ok(deleted()));
  const onClose = vi.fn();
  const onDeleted = vi.fn();
  const { person, told, client, services } = await show(
    <DeleteDialog id={JOB} shown onClose={onClose} onDeleted={onDeleted} />,
    { server: from },
  );
  const { queryKey } = services.queries.job(JOB);
  client.setQueryData(queryKey, { data: succeeded(), retryAfter: null });
  await person.click(confirm());
  expect(await screen.findByText('Image deleted')).toBeDefined();
  expect(from.to(ROUTE)).toHaveLength(1);
  expect(onClose).toHaveBeenCalledOnce();
  expect(told).toEqual([{ type: 'reset' }]);
  await waitFor(() => expect(onDeleted).toHaveBeenCalledOnce());
  expect(client.getQueryData(queryKey)).toBeUndefined();
});

it('stays where it is when another image than the shown one is deleted', async () => {
  const from = server().on(ROUTE, ok(deleted()));
  const { person, told } = await show(<DeleteDialog id={JOB} shown={false} onClose={vi.fn()} />, { server: from });
  await person.click(confirm());
  await screen.findByText('Image deleted');
  expect(told).toEqual([]);
});

it('can’t be asked twice while it is being done', async () => {
  const from = server().on(ROUTE, never);
  const { person } = await show(<DeleteDialog id={JOB} shown onClose={vi.fn()} />, { server: from });
  await person.dblClick(confirm());
  expect(confirm().disabled).toBe(true);
  expect(from.to(ROUTE)).toHaveLength(1);
});

it.each([
  ['no network', cutOff, 'No connection'],
  ['a session that is over', no(401, refused('unauthorized')), 'Sign in again, or start with a new image.'],
])('says that it did not work because of %s, stays open and can be tried again', async (_, rejection, words) => {
  const from = server().on(ROUTE, rejection, ok(deleted()));
  const onClose = vi.fn();
  const { person, told } = await show(<DeleteDialog id={JOB} shown onClose={onClose} />, { server: from });
  await person.click(confirm());
  expect((await within(dialog()).findByRole('alert')).textContent).toContain(words);
  expect(onClose).not.toHaveBeenCalled();
  expect(told).toEqual([]);
  expect(screen.queryByText('Image deleted')).toBeNull();
  await person.click(confirm());
  expect(await screen.findByText('Image deleted')).toBeDefined();
});

it('asks in German', async () => {
  await show(<DeleteDialog id={JOB} shown onClose={vi.fn()} />, { language: 'de' });
  const asked = within(screen.getByRole('dialog', { name: 'Dieses Bild löschen?' }));
  expect(asked.getByRole('button', { name: 'Jetzt löschen' })).toBeDefined();
  expect(asked.getByRole('button', { name: 'Behalten' })).toBeDefined();
});
