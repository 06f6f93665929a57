import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { useFormat, type Format } from '../i18n/format.ts';
import type { Refusal } from '../image/read.ts';
import { Note } from './Alert.tsx';

export function RefusalNote({ refusal }: { refusal: Refusal }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Note title={t('refusal.title')}>
      <p>{reasonOf(refusal, t, format)}</p>
      <p>{t(`refusal.next.${refusal.reason}`)}</p>
    </Note>
  );
}

function reasonOf(refusal: Refusal, t: TFunction, format: Format): string {
  const { name } = refusal;
  switch (refusal.reason) {
    case 'tooLarge': {
      const actual = format.bytesBeside(refusal.bytes, refusal.maxBytes);
      return t('refusal.tooLarge', { name, actual, limit: format.bytes(refusal.maxBytes) });
    }
    case 'unsupported': {
      if (refusal.actual === null) return t('refusal.unsupportedUnknown', { name });
      const actual = refusal.actual === 'video' ? t('refusal.video') : refusal.actual;
      return t('refusal.unsupported', { name, actual });
    }
    default:
      return t(`refusal.${refusal.reason}`, { name });
  }
}
