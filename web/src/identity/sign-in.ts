import type { Api } from '../api/client.ts';
import type { Issuer } from './installation.ts';

/** Returns the sign-in redirect URL and removes it from the address bar; null on any other visit. */
export function takeSignInRedirect(): string | null {
  const query = new URLSearchParams(location.search);
  if (!query.has('state') || !(query.has('code') || query.has('error'))) return null;
  const address = location.href;
  history.replaceState(null, '', '/');
  return address;
}

/** Exchanges the sign-in redirect URL for a session cookie. The token is not kept. */
export async function completeSignIn(api: Api, issuer: Issuer, address: string): Promise<void> {
  const { tokenFrom } = await import('./oidc.ts');
  await api.signIn(await tokenFrom(issuer, address));
}

export async function redirectToSignIn(issuer: Issuer): Promise<void> {
  const { redirectToSignIn: redirect } = await import('./oidc.ts');
  await redirect(issuer);
}
