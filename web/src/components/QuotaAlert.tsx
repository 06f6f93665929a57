import { useTranslation } from 'react-i18next';
import type { Usage } from '../api/types.ts';
import { useServices } from '../flow/context.ts';
import { relativeAndAbsolute } from '../i18n/explain.ts';
import { useFormat } from '../i18n/format.ts';
import { Alert } from './Alert.tsx';

/** Says that the quota is used up and when it resets. */
export function QuotaAlert({ usage: { usage, limits, ownerType } }: { usage: Usage }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { installation } = useServices();
  return (
    <Alert title={t('quota.title')}>
      <p>{t('quota.text', { used: usage.used, count: limits.jobs })}</p>
      {usage.resetAt && <p>{t('quota.resets', { when: relativeAndAbsolute(new Date(usage.resetAt), format, new Date()) })}</p>}
      {ownerType === 'guest' && installation.oidc && <p>{t('quota.signIn')}</p>}
    </Alert>
  );
}
