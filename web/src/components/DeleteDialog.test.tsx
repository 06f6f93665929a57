import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { deleted, refused, succeeded } from '../testing/contract.ts';
import { JOB, server, renderComponent } from '../testing/page.tsx';
import { networkError, noResponse, no, ok } from '../testing/server.ts';
import { DeleteDialog } from './DeleteDialog.tsx';

const ROUTE = `DELETE /api/ai-image/jobs/${JOB}`;
const dialog = () => screen.getByRole('dialog', { name: 'Delete this image?' });
const confirm = () => within(dialog()).getByRole<HTMLButtonElement>('button', { name: 'Delete now' });

it('says before anything is deleted that everything is deleted permanently', async () => {
  const from = server();
  await renderComponent(<DeleteDialog id={JOB} shown onClose={vi.fn()} />, { server: from });
  expect(dialog().textContent).toContain('This permanently deletes the original, the result and all share links.');
  expect(dialog().textContent).toContain('It does not restore your quota.');
  expect(from.requests).toEqual([]);
});

it.each(['Keep it', 'Close'])('deletes nothing after “%s”', async (name) => {
  const from = server();
  const onClose = vi.fn();
  const { user, events } = await renderComponent(<DeleteDialog id={JOB} shown onClose={onClose} />, { server: from });
  await user.click(within(dialog()).getByRole('button', { name }));
  expect(onClose).toHaveBeenCalledOnce();
  expect(from.requests).toEqual([]);
  expect(events).toEqual([]);
});

it('deletes nothing after Escape', async () => {
  const from = server();
  const onClose = vi.fn();
  await renderComponent(<DeleteDialog id={JOB} shown onClose={onClose} />, { server: from });
  fireEvent(dialog(), new Event('cancel')); // browsers fire this event for Escape
  expect(onClose).toHaveBeenCalledOnce();
  expect(from.requests).toEqual([]);
});

it('deletes, confirms, leaves the view and drops the cached job', async () => {
  const from = server().on(ROUTE, ok(deleted()));
  const onClose = vi.fn();
  const onDeleted = vi.fn();
  const { user, events, client, services } = await renderComponent(
    <DeleteDialog id={JOB} shown onClose={onClose} onDeleted={onDeleted} />,
    { server: from },
  );
  const { queryKey } = services.queries.job(JOB);
  client.setQueryData(queryKey, { data: succeeded(), retryAfter: null });
  await user.click(confirm());
  expect(await screen.findByText('Image deleted')).toBeDefined();
  expect(from.requestsTo(ROUTE)).toHaveLength(1);
  expect(onClose).toHaveBeenCalledOnce();
  expect(events).toEqual([{ type: 'reset' }]);
  await waitFor(() => expect(onDeleted).toHaveBeenCalledOnce());
  expect(client.getQueryData(queryKey)).toBeUndefined();
});

it('keeps the view when another image is deleted', async () => {
  const from = server().on(ROUTE, ok(deleted()));
  const { user, events } = await renderComponent(<DeleteDialog id={JOB} shown={false} onClose={vi.fn()} />, { server: from });
  await user.click(confirm());
  await screen.findByText('Image deleted');
  expect(events).toEqual([]);
});

it('can’t be confirmed twice', async () => {
  const from = server().on(ROUTE, noResponse);
  const { user } = await renderComponent(<DeleteDialog id={JOB} shown onClose={vi.fn()} />, { server: from });
  await user.dblClick(confirm());
  expect(confirm().disabled).toBe(true);
  expect(from.requestsTo(ROUTE)).toHaveLength(1);
});

it.each([
  ['no network', networkError, 'No connection'],
  ['an expired session', no(401, refused('unauthorized')), 'Sign in again, or start with a new image.'],
])('explains a failure because of %s, stays open and can be retried', async (_, rejection, words) => {
  const from = server().on(ROUTE, rejection, ok(deleted()));
  const onClose = vi.fn();
  const { user, events } = await renderComponent(<DeleteDialog id={JOB} shown onClose={onClose} />, { server: from });
  await user.click(confirm());
  expect((await within(dialog()).findByRole('alert')).textContent).toContain(words);
  expect(onClose).not.toHaveBeenCalled();
  expect(events).toEqual([]);
  expect(screen.queryByText('Image deleted')).toBeNull();
  await user.click(confirm());
  expect(await screen.findByText('Image deleted')).toBeDefined();
});

it('speaks German', async () => {
  await renderComponent(<DeleteDialog id={JOB} shown onClose={vi.fn()} />, { language: 'de' });
  const asked = within(screen.getByRole('dialog', { name: 'Dieses Bild löschen?' }));
  expect(asked.getByRole('button', { name: 'Jetzt löschen' })).toBeDefined();
  expect(asked.getByRole('button', { name: 'Behalten' })).toBeDefined();
});
