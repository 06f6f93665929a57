import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { show } from '../testing/page.tsx';
import { UnavailableView } from './UnavailableView.tsx';

const SIGN_IN = 'If you created it while signed in, sign in again. Otherwise, start with a new image.';

it('tells of an image that is not known here whose it may be, and that signing in may help', async () => {
  await show(<UnavailableView why="unknown" />);
  expect(screen.getByRole('heading', { level: 1, name: 'This image is not available' })).toBeDefined();
  expect(screen.getByText(/^It was deleted, has expired or belongs to someone else\./)).toBeDefined();
  expect(screen.getByText(SIGN_IN)).toBeDefined();
});

it('tells of a result whose time is over just that: signing in brings nothing back', async () => {
  await show(<UnavailableView why="expired" />);
  expect(screen.getByText('It has expired: results are deleted after 30 days.')).toBeDefined();
  expect(screen.queryByText(SIGN_IN)).toBeNull();
});

it('goes on with a new image, by the keyboard', async () => {
  const { person, told } = await show(<UnavailableView why="unknown" />);
  await person.tab();
  await person.keyboard('{Enter}');
  expect(told).toEqual([{ type: 'reset' }]);
});

it('speaks German', async () => {
  await show(<UnavailableView why="expired" />, { language: 'de' });
  expect(screen.getByRole('heading', { level: 1, name: 'Dieses Bild ist nicht verfügbar' })).toBeDefined();
  expect(screen.getByText('Es ist abgelaufen: Ergebnisse werden nach 30 Tagen gelöscht.')).toBeDefined();
  expect(screen.getByRole('button', { name: 'Neues Bild' })).toBeDefined();
});
