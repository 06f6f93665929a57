import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { show } from '../testing/page.tsx';
import { UnavailableView } from './UnavailableView.tsx';

const SIGN_IN = 'If you made it while signed in, sign in again. Otherwise start with a new picture.';

it('tells of a picture that is not known here whose it may be, and that signing in may help', async () => {
  await show(<UnavailableView why="unknown" />);
  expect(screen.getByRole('heading', { level: 1, name: 'This picture is not here' })).toBeDefined();
  expect(screen.getByText(/^It was deleted, its time is over, or it belongs to somebody else\./)).toBeDefined();
  expect(screen.getByText(SIGN_IN)).toBeDefined();
});

it('tells of a result whose time is over just that: signing in brings nothing back', async () => {
  await show(<UnavailableView why="expired" />);
  expect(screen.getByText('Its time is over: results are deleted after 30 days.')).toBeDefined();
  expect(screen.queryByText(SIGN_IN)).toBeNull();
});

it('goes on with a new picture, by the keyboard', async () => {
  const { person, told } = await show(<UnavailableView why="unknown" />);
  await person.tab();
  await person.keyboard('{Enter}');
  expect(told).toEqual([{ type: 'reset' }]);
});

it('speaks German', async () => {
  await show(<UnavailableView why="expired" />, { language: 'de' });
  expect(screen.getByRole('heading', { level: 1, name: 'Dieses Bild ist nicht hier' })).toBeDefined();
  expect(screen.getByText('Seine Zeit ist um: Ergebnisse werden nach 30 Tagen gelöscht.')).toBeDefined();
  expect(screen.getByRole('button', { name: 'Neues Bild' })).toBeDefined();
});
