import { useQuery } from '@tanstack/react-query';
import { screen, waitFor } from '@testing-library/react';
import { expect, it } from 'vitest';
import { useServices } from '../flow/context.ts';
import { refused, running } from '../testing/contract.ts';
import { JOB, server, renderComponent } from '../testing/page.tsx';
import { networkError, noResponse, no, ok } from '../testing/server.ts';
import { CancelButton } from './CancelButton.tsx';

const ROUTE = `POST /api/ai-image/jobs/${JOB}/cancel`;
const button = () => screen.getByRole<HTMLButtonElement>('button');
const ASKED = 'Cancellation requested. If the provider finishes first, you still get the result.';

it('requests cancellation once, and says that it is pending', async () => {
  const from = server().on(ROUTE, noResponse);
  const { user } = await renderComponent(<CancelButton job={running()} />, { server: from });
  expect(button().textContent).toBe('Cancel');
  await user.dblClick(button());
  await waitFor(() => expect(button().textContent).toBe('Cancelling…'));
  expect(button().disabled).toBe(true);
  expect(from.requestsTo(ROUTE)).toHaveLength(1);
});

it('keeps the server’s response, and can’t be used again', async () => {
  const from = server().on(ROUTE, ok(running({ cancelRequested: true }), {}, 202));
  const { user, client, services } = await renderComponent(<CancelButton job={running()} />, { server: from });
  await user.click(button());
  await waitFor(() =>
    expect(client.getQueryData(services.queries.job(JOB).queryKey)?.data.cancelRequested).toBe(true),
  );
  expect(button().disabled).toBe(true);
  expect(button().textContent).toBe('Cancelling…');
});

it('says after a request that a result may still come, also on a page opened later', async () => {
  const { rerender } = await renderComponent(<CancelButton job={running({ cancelRequested: true })} />);
  expect(button().disabled).toBe(true);
  expect(screen.getByText(ASKED)).toBeDefined();
  rerender(<CancelButton key="other" job={running()} />);
  expect(button().disabled).toBe(false);
  expect(screen.queryByText(ASKED)).toBeNull();
});

it('fetches the final state if the job has already ended, without an error', async () => {
  const route = `GET /api/ai-image/jobs/${JOB}`;
  const slowly = { 'retry-after': '60' };
  const from = server()
    .on(ROUTE, no(409, refused('conflict')))
    .on(route, ok(running(), slowly));
  function Followed() {
    const { data } = useQuery(useServices().queries.job(JOB));
    return data ? <CancelButton job={data.data} /> : null;
  }
  const { user } = await renderComponent(<Followed />, { server: from });
  await user.click(await screen.findByRole('button', { name: 'Cancel' }));
  await waitFor(() => expect(from.requestsTo(route)).toHaveLength(2));
  await screen.findByRole('button', { name: 'Cancel' });
  expect(screen.queryByRole('alert')).toBeNull();
});

it('explains a failure and can be retried', async () => {
  const from = server().on(ROUTE, networkError, ok(running({ cancelRequested: true }), {}, 202));
  const { user } = await renderComponent(<CancelButton job={running()} />, { server: from });
  await user.click(button());
  expect((await screen.findByRole('alert')).textContent).toContain('No connection');
  expect(button().disabled).toBe(false);
  await user.click(button());
  await waitFor(() => expect(screen.queryByRole('alert')).toBeNull());
  expect(from.requestsTo(ROUTE)).toHaveLength(2);
});

it('speaks German', async () => {
  await renderComponent(<CancelButton job={running({ cancelRequested: true })} />, { language: 'de' });
  expect(button().textContent).toBe('Wird abgebrochen …');
  expect(screen.getByText(/^Der Abbruch ist angefordert\./)).toBeDefined();
});
