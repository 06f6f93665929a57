import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { usedUp } from '../testing/contract.ts';
import { ISSUER, renderComponent } from '../testing/page.tsx';
import { QuotaAlert } from './QuotaAlert.tsx';

const words = () => screen.getByRole('alert').textContent ?? '';
const ALSO = 'If you sign in, you get a separate quota.';

it('says how many images were used and when the quota resets', async () => {
  await renderComponent(<QuotaAlert usage={usedUp()} />);
  expect(words()).toContain('Quota used up');
  expect(words()).toContain('You have used 20 of 20 images.');
  expect(words()).toContain('Your quota resets in 24 hours (Nov 23, 2026, 12:00 PM).');
});

it('shows no reset time without one from the server', async () => {
  const { usage, ...rest } = usedUp();
  await renderComponent(<QuotaAlert usage={{ ...rest, usage: { ...usage, resetAt: null } }} />);
  expect(words()).not.toContain('The next are free');
});

it('uses the singular for one image', async () => {
  const { usage, limits, ...rest } = usedUp();
  await renderComponent(<QuotaAlert usage={{ ...rest, usage: { ...usage, used: 1 }, limits: { ...limits, jobs: 1 } }} />);
  expect(words()).toContain('You have used 1 of 1 image.');
});

it('speaks German', async () => {
  await renderComponent(<QuotaAlert usage={usedUp()} />, { language: 'de' });
  expect(words()).toContain('Sie haben 20 von 20 Bildern verbraucht.');
  expect(words()).toContain('Ihr Kontingent wird in 24 Stunden (23.11.2026, 12:00) zurückgesetzt.');
});

it('suggests signing in only to guests', async () => {
  const { rerender } = await renderComponent(<QuotaAlert usage={usedUp()} />, { installation: { oidc: ISSUER } });
  expect(words()).toContain(ALSO);
  rerender(<QuotaAlert usage={{ ...usedUp(), ownerType: 'user' }} />);
  expect(words()).not.toContain(ALSO);
});

it('does not suggest signing in without an issuer', async () => {
  await renderComponent(<QuotaAlert usage={usedUp()} />);
  expect(words()).not.toContain(ALSO);
});
