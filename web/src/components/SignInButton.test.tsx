import { screen, waitFor } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { empty, usage } from '../testing/contract.ts';
import { ISSUER, server, renderComponent } from '../testing/page.tsx';
import { networkError, noResponse, ok } from '../testing/server.ts';
import { SignInButton } from './SignInButton.tsx';

const DISCOVERY = `GET ${ISSUER.authority}/.well-known/openid-configuration`;
const USAGE = 'GET /api/ai-image/usage';
const signedIn = { ...usage(), ownerType: 'user' } as const;
const installation = { oidc: ISSUER };
const signIn = () => screen.findByRole<HTMLButtonElement>('button', { name: 'Sign in' });
const signOut = () => screen.findByRole<HTMLButtonElement>('button', { name: 'Sign out' });

describe('signing in', () => {
  it('is not offered without an issuer', async () => {
    const from = server();
    await renderComponent(<SignInButton />, { server: from });
    await waitFor(() => expect(from.requestsTo(USAGE)).toHaveLength(1));
    await new Promise((done) => setTimeout(done));
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('is not offered before the owner type is known', async () => {
    await renderComponent(<SignInButton />, { server: server().on(USAGE, noResponse), installation });
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('redirects to the issuer with a code challenge, and stores no token', async () => {
    const document = { issuer: ISSUER.authority, authorization_endpoint: `${ISSUER.authority}/authorize` };
    const from = server().on(DISCOVERY, async () => Response.json(document));
    const gone = vi.spyOn(location, 'assign').mockImplementation(() => undefined);
    const { user } = await renderComponent(<SignInButton />, { server: from, installation });
    await user.click(await signIn());
    expect((await signIn()).disabled).toBe(true);
    await waitFor(() => expect(gone).toHaveBeenCalledOnce());
    const to = new URL(String(gone.mock.calls[0]?.[0]));
    expect(to.origin + to.pathname).toBe(document.authorization_endpoint);
    expect(Object.fromEntries(to.searchParams)).toMatchObject({
      client_id: 'page',
      response_type: 'code',
      code_challenge_method: 'S256',
      redirect_uri: `${location.origin}/`,
    });
    expect(localStorage).toHaveLength(0);
  });

  it('says that it failed if the issuer can’t be reached, and can be retried', async () => {
    const from = server().on(DISCOVERY, networkError);
    const { user } = await renderComponent(<SignInButton />, { server: from, installation });
    await user.click(await signIn());
    expect((await screen.findByRole('alert')).textContent).toBe(
      'Sign-in failed. Nothing was changed; try again.',
    );
    expect((await signIn()).disabled).toBe(false);
  });
});

describe('signing out', () => {
  it('is offered to users; it confirms, resets the page and reloads the usage', async () => {
    const from = server().on(USAGE, ok(signedIn), ok(usage())).on('DELETE /api/session', ok(empty()));
    const { user, events } = await renderComponent(<SignInButton />, { server: from, installation });
    await user.click(await signOut());
    expect(await screen.findByText('You are signed out')).toBeDefined();
    expect(await signIn()).toBeDefined();
    expect(events).toEqual([{ type: 'reset' }]);
    expect(from.requestsTo('DELETE /api/session')).toHaveLength(1);
  });

  it('can’t be started twice', async () => {
    const from = server().on(USAGE, ok(signedIn)).on('DELETE /api/session', noResponse);
    const { user } = await renderComponent(<SignInButton />, { server: from, installation });
    await user.dblClick(await signOut());
    expect((await signOut()).disabled).toBe(true);
    expect(from.requestsTo('DELETE /api/session')).toHaveLength(1);
  });

  it('says that it failed, and can be retried', async () => {
    const from = server().on(USAGE, ok(signedIn)).on('DELETE /api/session', networkError, ok(empty()));
    const { user, events } = await renderComponent(<SignInButton />, { server: from, installation, language: 'de' });
    const button = await screen.findByRole('button', { name: 'Abmelden' });
    await user.click(button);
    expect((await screen.findByRole('alert')).textContent).toBe(
      'Die Abmeldung ist fehlgeschlagen. Möglicherweise sind Sie noch angemeldet; versuchen Sie es noch einmal.',
    );
    expect(events).toEqual([]);
    expect(screen.queryByText('Sie sind abgemeldet')).toBeNull();
    await user.click(button);
    expect(await screen.findByText('Sie sind abgemeldet')).toBeDefined();
    expect(screen.queryByRole('alert')).toBeNull();
  });
});
