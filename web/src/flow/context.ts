import { createContext, useContext } from 'react';
import type { Api } from '../api/client.ts';
import type { Queries } from '../api/queries.ts';
import type { Installation } from '../identity/installation.ts';
import type { FlowEvent } from './machine.ts';
import type { Sender } from './submit.ts';

/** What the page is put together from; made once in main.tsx. */
export type Tools = { api: Api; queries: Queries; sender: Sender; installation: Installation };

const ToolsContext = createContext<Tools | null>(null);
const DispatchContext = createContext<((event: FlowEvent) => void) | null>(null);

export const ToolsProvider = ToolsContext.Provider;
export const DispatchProvider = DispatchContext.Provider;

export function useTools(): Tools {
  return present(useContext(ToolsContext));
}

export function useDispatch(): (event: FlowEvent) => void {
  return present(useContext(DispatchContext));
}

function present<T>(value: T | null): T {
  if (value === null) throw new Error('used outside of its provider');
  return value;
}
