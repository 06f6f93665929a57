import { screen } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import { renderComponent } from '../testing/page.tsx';
import { ErrorBoundary } from './ErrorBoundary.tsx';

function Thrower(): never {
  throw new Error('a view that throws');
}

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined); // React logs caught errors
});

it('shows an error page with a reload button when a view throws', async () => {
  const reload = vi.spyOn(location, 'reload').mockImplementation(() => undefined);
  const { user } = await renderComponent(
    <ErrorBoundary>
      <Thrower />
    </ErrorBoundary>,
  );
  const apology = screen.getByRole('alert');
  expect(screen.getByRole('main').contains(apology)).toBe(true);
  expect(apology.textContent).toContain('Your images are safe; reload the page to continue.');
  expect(screen.getByRole('heading', { level: 1, name: 'Something went wrong' })).toBeDefined();
  await user.tab();
  await user.keyboard('{Enter}');
  expect(reload).toHaveBeenCalledOnce();
});

it('speaks German', async () => {
  await renderComponent(
    <ErrorBoundary>
      <Thrower />
    </ErrorBoundary>,
    { language: 'de' },
  );
  expect(screen.getByRole('heading', { name: 'Etwas ist schiefgegangen' })).toBeDefined();
  expect(screen.getByRole('button', { name: 'Neu laden' })).toBeDefined();
});

it('renders its children while nothing throws', async () => {
  await renderComponent(
    <ErrorBoundary>
      <p>all is well</p>
    </ErrorBoundary>,
  );
  expect(screen.getByText('all is well')).toBeDefined();
  expect(screen.queryByRole('alert')).toBeNull();
});
