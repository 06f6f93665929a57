import { onlineManager } from '@tanstack/react-query';
import { cleanup } from '@testing-library/react';
import { toast } from 'sonner';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { NOW } from './contract.ts';
import { servers } from './page.tsx';

// The slider animates where a browser has this; this DOM has not, and the slider would report that.
Object.assign(Object.getPrototypeOf(CSS), { registerProperty: () => undefined });

beforeEach(() => {
  // Timers stay real: only what is written of times must not depend on today.
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
});

afterEach(() => {
  cleanup();
  toast.dismiss();
  onlineManager.setOnline(true);
  localStorage.clear();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  history.replaceState(null, '', '/');
  const unknown = servers.splice(0).flatMap((server) => server.unknown);
  expect(unknown, 'requests that the test’s server has no answer for').toEqual([]);
});
