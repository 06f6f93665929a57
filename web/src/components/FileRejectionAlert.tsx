import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { useFormat, type Format } from '../i18n/format.ts';
import type { FileRejection } from '../image/read.ts';
import { Alert } from './Alert.tsx';

export function FileRejectionAlert({ rejection }: { rejection: FileRejection }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Alert title={t('refusal.title')}>
      <p>{reasonOf(rejection, t, format)}</p>
      <p>{t(`refusal.next.${rejection.reason}`)}</p>
    </Alert>
  );
}

function reasonOf(rejection: FileRejection, t: TFunction, format: Format): string {
  const { name } = rejection;
  switch (rejection.reason) {
    case 'tooLarge': {
      const actual = format.bytesBeside(rejection.bytes, rejection.maxBytes);
      return t('refusal.tooLarge', { name, actual, limit: format.bytes(rejection.maxBytes) });
    }
    case 'unsupported': {
      if (rejection.actual === null) return t('refusal.unsupportedUnknown', { name });
      const actual = rejection.actual === 'video' ? t('refusal.video') : rejection.actual;
      return t('refusal.unsupported', { name, actual });
    }
    default:
      return t(`refusal.${rejection.reason}`, { name });
  }
}
