import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { renderComponent } from '../testing/page.tsx';
import { UnavailableView } from './UnavailableView.tsx';

const SIGN_IN = 'If you created it while signed in, sign in again. Otherwise, start with a new image.';

it('explains an unknown image, and that signing in may help', async () => {
  await renderComponent(<UnavailableView reason="unknown" />);
  expect(screen.getByRole('heading', { level: 1, name: 'This image is not available' })).toBeDefined();
  expect(screen.getByText(/^It was deleted, has expired or belongs to someone else\./)).toBeDefined();
  expect(screen.getByText(SIGN_IN)).toBeDefined();
});

it('explains an expired result without suggesting to sign in', async () => {
  await renderComponent(<UnavailableView reason="expired" />);
  expect(screen.getByText('It has expired: results are deleted after 30 days.')).toBeDefined();
  expect(screen.queryByText(SIGN_IN)).toBeNull();
});

it('leads to a new image, by keyboard', async () => {
  const { user, events } = await renderComponent(<UnavailableView reason="unknown" />);
  await user.tab();
  await user.keyboard('{Enter}');
  expect(events).toEqual([{ type: 'reset' }]);
});

it('speaks German', async () => {
  await renderComponent(<UnavailableView reason="expired" />, { language: 'de' });
  expect(screen.getByRole('heading', { level: 1, name: 'Dieses Bild ist nicht verfügbar' })).toBeDefined();
  expect(screen.getByText('Es ist abgelaufen: Ergebnisse werden nach 30 Tagen gelöscht.')).toBeDefined();
  expect(screen.getByRole('button', { name: 'Neues Bild' })).toBeDefined();
});
