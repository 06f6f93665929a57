import { screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { App } from './App.tsx';
import { failed, queued, refused, running } from './testing/contract.ts';
import { JOB, server, showPage } from './testing/page.tsx';
import { no, ok } from './testing/server.ts';

const ROUTE = `GET /api/ai-image/jobs/${JOB}`;
const view = () => document.querySelector('main')?.dataset.view;
const opened = (answer: () => Promise<Response>, language: 'en' | 'de' = 'en') => {
  history.replaceState(null, '', `/?job=${JOB}`);
  return showPage(<App signInFailed={false} />, { server: server().on(ROUTE, answer), language });
};

describe('the page', () => {
  it('begins with a picture to be chosen', async () => {
    await showPage(<App signInFailed={false} />);
    expect(view()).toBe('start');
    expect(screen.getByRole('heading', { level: 1 })).toBeDefined();
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('says that signing in failed', async () => {
    await showPage(<App signInFailed />);
    expect(screen.getByText(/sign/i, { selector: 'main *' })).toBeDefined();
  });

  it.each<[string, () => Promise<Response>, string, string]>([
    ['queued', ok(queued()), 'progress', 'Enhancing your picture'],
    ['running', ok(running()), 'progress', 'Enhancing your picture'],
    ['failed', ok(failed()), 'failed', 'That did not work'],
    ['unknown', no(404, refused('not_found')), 'gone', 'This picture is not here'],
  ])('opens a job by its address: %s', async (_, answer, name, title) => {
    await opened(answer);
    expect(view()).toBe('opening');
    await waitFor(() => expect(view()).toBe(name));
    expect(screen.getByRole('heading', { level: 1 }).textContent).toBe(title);
  });

  it('moves the focus to the heading of a new view', async () => {
    await opened(ok(failed()));
    await waitFor(() => expect(view()).toBe('failed'));
    expect(document.activeElement).toBe(screen.getByRole('heading', { level: 1 }));
  });

  it('speaks German', async () => {
    await opened(ok(failed()), 'de');
    await waitFor(() => expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('Das hat nicht geklappt'));
  });

  it('can be left for a new picture, and its address goes with it', async () => {
    const { person } = await opened(ok(failed()));
    await person.click(await screen.findByRole('button', { name: 'New picture' }));
    expect(view()).toBe('start');
    expect(location.search).toBe('');
  });
});
