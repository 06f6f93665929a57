/**
 * OpenID Connect: authorization code flow with PKCE. Loaded only when a person signs in. Tokens are never stored: the
 * user store is in memory. Only state and code verifier, which must survive the redirect, are in sessionStorage; they are
 * removed when the callback is handled.
 */
import { InMemoryWebStorage, UserManager, WebStorageStateStore } from 'oidc-client-ts';
import type { Issuer } from './installation.ts';

function manager({ authority, clientId, scope }: Issuer): UserManager {
  return new UserManager({
    authority,
    client_id: clientId,
    redirect_uri: `${location.origin}/`,
    scope,
    automaticSilentRenew: false,
    monitorSession: false,
    loadUserInfo: false,
    userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
    stateStore: new WebStorageStateStore({ store: sessionStorage }),
  });
}

export async function redirectToSignIn(issuer: Issuer): Promise<void> {
  const users = manager(issuer);
  await users.clearStaleState();
  await users.signinRedirect();
}

/** Redeems the code in the redirect URL for a token: the ID token, whose audience is this client, if there is one. */
export async function tokenFrom(issuer: Issuer, url: string): Promise<string> {
  const user = await manager(issuer).signinRedirectCallback(url);
  return user.id_token ?? user.access_token;
}
