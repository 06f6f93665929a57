import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { refused } from '../testing/contract.ts';
import { JOB, server, renderComponent } from '../testing/page.tsx';
import { networkError, no } from '../testing/server.ts';
import { OpeningView } from './OpeningView.tsx';

const ROUTE = `GET /api/ai-image/jobs/${JOB}`;

it('says that the image is being opened, and sends no request itself', async () => {
  const from = server();
  await renderComponent(<OpeningView id={JOB} />, { server: from });
  expect(screen.getByRole('heading', { level: 1, name: 'Opening the image' })).toBeDefined();
  expect(screen.queryByRole('alert')).toBeNull();
  expect(from.requests).toEqual([]);
});

it.each([
  ['no network', networkError, 'Keine Verbindung'],
  ['a server that can’t', no(500, refused('internal_error')), 'Auf dem Server ist etwas schiefgegangen'],
])('explains that loading failed because of %s', async (_, answer, words) => {
  const from = server().on(ROUTE, answer);
  const { client, services, rerender } = await renderComponent(<p />, { server: from, language: 'de' });
  await client.prefetchQuery(services.queries.job(JOB)); // App polls the job, not the view
  rerender(<OpeningView id={JOB} />);
  expect((await screen.findByRole('alert')).textContent).toContain(words);
  expect(screen.getByRole('heading', { level: 1, name: 'Das Bild wird geöffnet' })).toBeDefined();
});
