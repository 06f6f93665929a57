import { screen, waitFor } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { empty, usage } from '../testing/contract.ts';
import { ISSUER, server, show } from '../testing/page.tsx';
import { cutOff, never, ok } from '../testing/server.ts';
import { SignInButton } from './SignInButton.tsx';

const DISCOVERY = `GET ${ISSUER.authority}/.well-known/openid-configuration`;
const USAGE = 'GET /api/ai-image/usage';
const user = { ...usage(), ownerType: 'user' } as const;
const installation = { oidc: ISSUER };
const signIn = () => screen.findByRole<HTMLButtonElement>('button', { name: 'Sign in' });
const signOut = () => screen.findByRole<HTMLButtonElement>('button', { name: 'Sign out' });

describe('signing in', () => {
  it('is not offered where the operator has named no issuer', async () => {
    const from = server();
    await show(<SignInButton />, { server: from });
    await waitFor(() => expect(from.to(USAGE)).toHaveLength(1));
    await new Promise((done) => setTimeout(done));
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('is not offered before it is known who is here', async () => {
    await show(<SignInButton />, { server: server().on(USAGE, never), installation });
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('leaves for the issuer with a code challenge, and keeps no token', async () => {
    const document = { issuer: ISSUER.authority, authorization_endpoint: `${ISSUER.authority}/authorize` };
    const from = server().on(DISCOVERY, async () => Response.json(document));
    const gone = vi.spyOn(location, 'assign').mockImplementation(() => undefined);
    const { person } = await show(<SignInButton />, { server: from, installation });
    await person.click(await signIn());
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

  it('says that it did not work where the issuer can’t be reached, and can be tried again', async () => {
    const from = server().on(DISCOVERY, cutOff);
    const { person } = await show(<SignInButton />, { server: from, installation });
    await person.click(await signIn());
    expect((await screen.findByRole('alert')).textContent).toBe(
      'Sign-in failed. Nothing was changed; try again.',
    );
    expect((await signIn()).disabled).toBe(false);
  });
});

describe('signing out', () => {
  it('is what a user is offered; it says so, starts anew and asks again who is here', async () => {
    const from = server().on(USAGE, ok(user), ok(usage())).on('DELETE /api/session', ok(empty()));
    const { person, told } = await show(<SignInButton />, { server: from, installation });
    await person.click(await signOut());
    expect(await screen.findByText('You are signed out')).toBeDefined();
    expect(await signIn()).toBeDefined();
    expect(told).toEqual([{ type: 'reset' }]);
    expect(from.to('DELETE /api/session')).toHaveLength(1);
  });

  it('can’t be asked twice while it is being done', async () => {
    const from = server().on(USAGE, ok(user)).on('DELETE /api/session', never);
    const { person } = await show(<SignInButton />, { server: from, installation });
    await person.dblClick(await signOut());
    expect((await signOut()).disabled).toBe(true);
    expect(from.to('DELETE /api/session')).toHaveLength(1);
  });

  it('says that it failed, and can be tried again', async () => {
    const from = server().on(USAGE, ok(user)).on('DELETE /api/session', cutOff, ok(empty()));
    const { person, told } = await show(<SignInButton />, { server: from, installation, language: 'de' });
    const button = await screen.findByRole('button', { name: 'Abmelden' });
    await person.click(button);
    expect((await screen.findByRole('alert')).textContent).toBe(
      'Die Abmeldung ist fehlgeschlagen. Möglicherweise sind Sie noch angemeldet; versuchen Sie es noch einmal.',
    );
    expect(told).toEqual([]);
    expect(screen.queryByText('Sie sind abgemeldet')).toBeNull();
    await person.click(button);
    expect(await screen.findByText('Sie sind abgemeldet')).toBeDefined();
    expect(screen.queryByRole('alert')).toBeNull();
  });
});
