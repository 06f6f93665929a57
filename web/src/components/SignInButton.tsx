import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { toast } from 'sonner';
import { useDispatch, useServices } from '../flow/context.ts';
import { redirectToSignIn } from '../identity/sign-in.ts';

/** Sign-in or sign-out button; hidden unless the operator has configured an issuer. */
export function SignInButton() {
  const { t } = useTranslation();
  const { api, queries, installation } = useServices();
  const client = useQueryClient();
  const dispatch = useDispatch();
  const { data: usage } = useQuery(queries.usage);
  const signOut = useMutation({
    mutationFn: api.signOut,
    onSuccess: async () => {
      dispatch({ type: 'reset' });
      await client.resetQueries();
      toast.success(t('app.signedOut'));
    },
  });
  const signIn = useMutation({ mutationFn: redirectToSignIn });
  const issuer = installation.oidc;
  if (!issuer || !usage) return null;
  if (usage.ownerType === 'user') {
    return (
      <>
        {signOut.isError && <HeaderAlert text={t('app.signOutFailed')} />}
        <button type="button" className="button quiet" disabled={signOut.isPending} onClick={() => signOut.mutate()}>
          {t('app.signOut')}
        </button>
      </>
    );
  }
  return (
    <>
      {signIn.isError && <HeaderAlert text={t('app.signInFailed')} />}
      <button type="button" className="button quiet" disabled={signIn.isPending} onClick={() => signIn.mutate(issuer)}>
        {t('app.signIn')}
      </button>
    </>
  );
}

function HeaderAlert({ text }: { text: string }) {
  return (
    <span role="alert" className="header-alert">
      {text}
    </span>
  );
}
