/** The operator's settings of this installation, from /config.json. */
export type Issuer = { authority: string; clientId: string; scope: string };
export type Installation = { privacyUrl: string | null; oidc: Issuer | null };

export async function readInstallation(): Promise<Installation> {
  try {
    const answer = await fetch('/config.json');
    if (!answer.ok) return { privacyUrl: null, oidc: null };
    const { privacyUrl = null, oidc = null } = (await answer.json()) as Partial<Installation>;
    return { privacyUrl, oidc };
  } catch {
    return { privacyUrl: null, oidc: null };
  }
}
