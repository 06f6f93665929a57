import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { useFormat, type Format } from '../i18n/format.ts';
import type { FileRejection } from '../image/read.ts';
import { Alert } from './Alert.tsx';

export function FileRejectionAlert({ rejection }: { rejection: FileRejection }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Alert title={t('fileRejected.title')}>
      <p>{reasonOf(rejection, t, format)}</p>
      <p>{t(`fileRejected.next.${rejection.reason}`)}</p>
    </Alert>
  );
}

function reasonOf(rejection: FileRejection, t: TFunction, format: Format): string {
  const { name } = rejection;
  switch (rejection.reason) {
    case 'tooLarge': {
      const actual = format.bytesBeside(rejection.bytes, rejection.maxBytes);
      return t('fileRejected.tooLarge', { name, actual, limit: format.bytes(rejection.maxBytes) });
    }
    case 'unsupported': {
      if (rejection.actual === null) return t('fileRejected.unsupportedUnknown', { name });
      const actual = rejection.actual === 'video' ? t('fileRejected.video') : rejection.actual;
      return t('fileRejected.unsupported', { name, actual });
    }
    default:
      return t(`fileRejected.${rejection.reason}`, { name });
  }
}
