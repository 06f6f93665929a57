import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { regionOf } from './language.ts';

const MEGABYTE = 1_048_576;
const STEPS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const;

export type Format = ReturnType<typeof formatIn>;

/** Creates formatters for numbers, sizes and times in a language. */
export function formatIn(language: string) {
  const number = (value: number, digits = 2) =>
    new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
  /** Always two decimals. */
  const measure = (value: number) =>
    new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(value);
  const unit = (value: number, name: string, digits: number, display: 'short' | 'long' = 'short') =>
    new Intl.NumberFormat(language, {
      style: 'unit',
      unit: name,
      unitDisplay: display,
      maximumFractionDigits: digits,
    }).format(value);
  const bytes = (count: number) => {
    if (count < 1024) return unit(count, 'byte', 0, 'long');
    return count < MEGABYTE / 10 ? unit(count / 1024, 'kilobyte', 0) : unit(count / MEGABYTE, 'megabyte', 1);
  };
  const when = (time: Date, now: Date) => {
    const seconds = (time.getTime() - now.getTime()) / 1000;
    const [name, length] = STEPS.find(([, step]) => Math.abs(seconds) >= step) ?? ['minute', 60];
    const count = Math.max(1, Math.round(Math.abs(seconds) / length)) * (seconds < 0 ? -1 : 1);
    return new Intl.RelativeTimeFormat(language, { numeric: 'always' }).format(count, name);
  };
  return {
    number,
    measure,
    bytes,
    /** A size shown next to its limit: in bytes if rounding would make both look equal. */
    bytesBeside: (count: number, limit: number) =>
      bytes(count) === bytes(limit) ? unit(count, 'byte', 0, 'long') : bytes(count),
    percent: (fraction: number) =>
      new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 }).format(fraction),
    size: (width: number, height: number) => `${width}×${height}`,
    seconds: (count: number) => unit(count, 'second', count < 10 ? 1 : 0, 'long'),
    wholeSeconds: (count: number) => unit(Math.floor(count), 'second', 0),
    when,
    dateTime: (time: Date) =>
      new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(time),
  };
}

export function useFormat(): Format {
  const { i18n } = useTranslation();
  return useMemo(() => formatIn(regionOf(i18n.language, navigator.languages)), [i18n.language]);
}
