import { useQuery } from '@tanstack/react-query';
import { screen, waitFor } from '@testing-library/react';
import { expect, it } from 'vitest';
import { useServices } from '../flow/context.ts';
import { refused, running } from '../testing/contract.ts';
import { JOB, server, show } from '../testing/page.tsx';
import { cutOff, never, no, ok } from '../testing/server.ts';
import { CancelButton } from './CancelButton.tsx';

const ROUTE = `POST /api/ai-image/jobs/${JOB}/cancel`;
const button = () => screen.getByRole<HTMLButtonElement>('button');
const ASKED = 'Cancellation requested. If the provider finishes first, you still get the result.';

it('asks for the end once, and says that it is on its way', async () => {
  const from = server().on(ROUTE, never);
  const { person } = await show(<CancelButton job={running()} />, { server: from });
  expect(button().textContent).toBe('Cancel');
  await person.dblClick(button());
  await waitFor(() => expect(button().textContent).toBe('Cancelling…'));
  expect(button().disabled).toBe(true);
  expect(from.to(ROUTE)).toHaveLength(1);
});

it('keeps what the server answers, and does not offer to ask again', async () => {
  const from = server().on(ROUTE, ok(running({ cancelRequested: true }), {}, 202));
  const { person, client, services } = await show(<CancelButton job={running()} />, { server: from });
  await person.click(button());
  await waitFor(() =>
    expect(client.getQueryData(services.queries.job(JOB).queryKey)?.data.cancelRequested).toBe(true),
  );
  expect(button().disabled).toBe(true);
  expect(button().textContent).toBe('Cancelling…');
});

it('says that a result may still come once the end is asked for, also to who opens the page later', async () => {
  const { again } = await show(<CancelButton job={running({ cancelRequested: true })} />);
  expect(button().disabled).toBe(true);
  expect(screen.getByText(ASKED)).toBeDefined();
  again(<CancelButton key="other" job={running()} />);
  expect(button().disabled).toBe(false);
  expect(screen.queryByText(ASKED)).toBeNull();
});

it('looks how the job ended when it is too late, and calls that no error', async () => {
  const route = `GET /api/ai-image/jobs/${JOB}`;
  const slowly = { 'retry-after': '60' };
  const from = server()
    .on(ROUTE, no(409, refused('conflict')))
    .on(route, ok(running(), slowly));
  function Followed() {
    const { data } = useQuery(useServices().queries.job(JOB));
    return data ? <CancelButton job={data.data} /> : null;
  }
  const { person } = await show(<Followed />, { server: from });
  await person.click(await screen.findByRole('button', { name: 'Cancel' }));
  await waitFor(() => expect(from.to(route)).toHaveLength(2));
  await screen.findByRole('button', { name: 'Cancel' });
  expect(screen.queryByRole('alert')).toBeNull();
});

it('says why it did not work and lets one try again', async () => {
  const from = server().on(ROUTE, cutOff, ok(running({ cancelRequested: true }), {}, 202));
  const { person } = await show(<CancelButton job={running()} />, { server: from });
  await person.click(button());
  expect((await screen.findByRole('alert')).textContent).toContain('No connection');
  expect(button().disabled).toBe(false);
  await person.click(button());
  await waitFor(() => expect(screen.queryByRole('alert')).toBeNull());
  expect(from.to(ROUTE)).toHaveLength(2);
});

it('speaks German', async () => {
  await show(<CancelButton job={running({ cancelRequested: true })} />, { language: 'de' });
  expect(button().textContent).toBe('Wird abgebrochen …');
  expect(screen.getByText(/^Der Abbruch ist angefordert\./)).toBeDefined();
});
