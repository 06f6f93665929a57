import { onlineManager } from '@tanstack/react-query';
import { cleanup } from '@testing-library/react';
import { toast } from 'sonner';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { NOW } from './contract.ts';
import { servers } from './page.tsx';

// happy-dom lacks this; the slider would log an error.
Object.assign(Object.getPrototypeOf(CSS), { registerProperty: () => undefined });

beforeEach(() => {
  // Only the date is fixed; timers stay real.
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
  const unknown = servers.splice(0).flatMap((server) => server.unexpected);
  expect(unknown, 'requests that the test’s server has no answer for').toEqual([]);
});
