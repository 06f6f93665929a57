import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { refused } from '../testing/contract.ts';
import { JOB, server, show } from '../testing/page.tsx';
import { cutOff, no } from '../testing/server.ts';
import { OpeningView } from './OpeningView.tsx';

const ROUTE = `GET /api/ai-image/jobs/${JOB}`;

it('says that the image is being opened, and asks for nothing itself', async () => {
  const from = server();
  await show(<OpeningView id={JOB} />, { server: from });
  expect(screen.getByRole('heading', { level: 1, name: 'Opening the image' })).toBeDefined();
  expect(screen.queryByRole('alert')).toBeNull();
  expect(from.asked).toEqual([]);
});

it.each([
  ['no network', cutOff, 'Keine Verbindung'],
  ['a server that can’t', no(500, refused('internal_error')), 'Auf dem Server ist etwas schiefgegangen'],
])('says that it does not come because of %s', async (_, answer, words) => {
  const from = server().on(ROUTE, answer);
  const { client, services, again } = await show(<p />, { server: from, language: 'de' });
  await client.prefetchQuery(services.queries.job(JOB)); // what the page does beside the view
  again(<OpeningView id={JOB} />);
  expect((await screen.findByRole('alert')).textContent).toContain(words);
  expect(screen.getByRole('heading', { level: 1, name: 'Das Bild wird geöffnet' })).toBeDefined();
});
