import type { Api } from '../api/client.ts';
import type { Issuer } from './installation.ts';

/** The issuer's answer, taken out of the address bar before anything is shown; null on any other visit. */
export function takeAnswer(): string | null {
  const query = new URLSearchParams(location.search);
  if (!query.has('state') || !(query.has('code') || query.has('error'))) return null;
  const address = location.href;
  history.replaceState(null, '', '/');
  return address;
}

/** Turns the issuer's answer into a session cookie; the token is gone when this returns. */
export async function finishSignIn(api: Api, issuer: Issuer, address: string): Promise<void> {
  const { tokenFrom } = await import('./oidc.ts');
  await api.signIn(await tokenFrom(issuer, address));
}

export async function leaveToSignIn(issuer: Issuer): Promise<void> {
  const { leaveToSignIn: leave } = await import('./oidc.ts');
  await leave(issuer);
}
