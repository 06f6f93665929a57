/**
 * OpenID Connect, authorization code with PKCE, loaded only for someone who signs in. Tokens are never stored: the user
 * store is memory. What has to outlive the redirect (state and code verifier) waits in sessionStorage and is removed
 * when the answer is read.
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

export async function leaveToSignIn(issuer: Issuer): Promise<void> {
  const users = manager(issuer);
  await users.clearStaleState();
  await users.signinRedirect();
}

/** The token that the issuer's answer in `address` stands for: the one made for this client. */
export async function tokenFrom(issuer: Issuer, address: string): Promise<string> {
  const user = await manager(issuer).signinRedirectCallback(address);
  return user.id_token ?? user.access_token;
}
