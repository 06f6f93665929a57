import { createContext, useContext } from 'react';
import type { Api } from '../api/client.ts';
import type { Queries } from '../api/queries.ts';
import type { Installation } from '../identity/installation.ts';
import type { FlowEvent } from './machine.ts';
import type { JobSubmitter } from './submit.ts';

/** The page's dependencies, created once in main.tsx. */
export type Services = { api: Api; queries: Queries; submitter: JobSubmitter; installation: Installation };

const ServicesContext = createContext<Services | null>(null);
const DispatchContext = createContext<((event: FlowEvent) => void) | null>(null);

export const ServicesProvider = ServicesContext.Provider;
export const DispatchProvider = DispatchContext.Provider;

export function useServices(): Services {
  return present(useContext(ServicesContext));
}

export function useDispatch(): (event: FlowEvent) => void {
  return present(useContext(DispatchContext));
}

function present<T>(value: T | null): T {
  if (value === null) throw new Error('used outside of its provider');
  return value;
}
