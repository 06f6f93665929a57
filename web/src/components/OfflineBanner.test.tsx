import { act, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { renderComponent } from '../testing/page.tsx';
import { OfflineBanner } from './OfflineBanner.tsx';

const banner = () => screen.getByRole('status').textContent;
const WORDS = 'You are offline. This page continues as soon as you are back online.';

function network(online: boolean): void {
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(online);
  act(() => void dispatchEvent(new Event(online ? 'online' : 'offline')));
}

it('is shown while offline, in a live region that exists before', async () => {
  await renderComponent(<OfflineBanner />);
  const place = screen.getByRole('status');
  expect(banner()).toBe('');
  network(false);
  expect(banner()).toBe(WORDS);
  expect(screen.getByRole('status')).toBe(place);
  network(true);
  expect(banner()).toBe('');
});

it('is shown at once when the page opens offline, in German', async () => {
  network(false);
  await renderComponent(<OfflineBanner />, { language: 'de' });
  expect(banner()).toBe('Sie sind offline. Es geht weiter, sobald Sie wieder online sind.');
});
