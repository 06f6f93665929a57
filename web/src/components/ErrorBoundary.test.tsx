import { screen } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import { show } from '../testing/page.tsx';
import { ErrorBoundary } from './ErrorBoundary.tsx';

function Thrower(): never {
  throw new Error('a view that throws');
}

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined); // React reports what was caught
});

it('apologises at once for a view that throws, and offers to load again', async () => {
  const reload = vi.spyOn(location, 'reload').mockImplementation(() => undefined);
  const { person } = await show(
    <ErrorBoundary>
      <Thrower />
    </ErrorBoundary>,
  );
  const apology = screen.getByRole('alert');
  expect(screen.getByRole('main').contains(apology)).toBe(true);
  expect(apology.textContent).toContain('Your images are safe; reload the page to continue.');
  expect(screen.getByRole('heading', { level: 1, name: 'Something went wrong' })).toBeDefined();
  await person.tab();
  await person.keyboard('{Enter}');
  expect(reload).toHaveBeenCalledOnce();
});

it('apologises in German', async () => {
  await show(
    <ErrorBoundary>
      <Thrower />
    </ErrorBoundary>,
    { language: 'de' },
  );
  expect(screen.getByRole('heading', { name: 'Etwas ist schiefgegangen' })).toBeDefined();
  expect(screen.getByRole('button', { name: 'Neu laden' })).toBeDefined();
});

it('is not seen while all is well', async () => {
  await show(
    <ErrorBoundary>
      <p>all is well</p>
    </ErrorBoundary>,
  );
  expect(screen.getByText('all is well')).toBeDefined();
  expect(screen.queryByRole('alert')).toBeNull();
});
