import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { de } from './de.ts';
import { en } from './en.ts';

export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof LANGUAGES;

const CHOSEN = 'language';

/** Returns the person's choice, or else the first of the browser's languages that the page supports. */
export function preferredLanguage(chosen: string | null, browser: readonly string[]): Language {
  const wanted = [chosen ?? '', ...browser].map((tag) => tag.slice(0, 2).toLowerCase());
  return wanted.find(isLanguage) ?? 'en';
}

export async function startLanguage(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: preferredLanguage(remembered(), navigator.languages),
    fallbackLng: 'en',
    showSupportNotice: false,
    resources: { en: { translation: en }, de: { translation: de } },
    interpolation: { escapeValue: false }, // React escapes
  });
  document.documentElement.lang = i18next.language;
  i18next.on('languageChanged', (language) => (document.documentElement.lang = language));
}

export function chooseLanguage(language: Language): void {
  void i18next.changeLanguage(language);
  try {
    localStorage.setItem(CHOSEN, language);
  } catch {
    // Storage may be disabled; then the choice lasts until the page is closed.
  }
}

export function currentLanguage(): string {
  return i18next.language;
}

/** Returns the browser's regional variant of the language, for formats: 24-hour clock in the UK, 12-hour in the US. */
export function regionOf(language: string, browser: readonly string[]): string {
  return browser.find((tag) => tag.toLowerCase().startsWith(language)) ?? language;
}

function remembered(): string | null {
  try {
    return localStorage.getItem(CHOSEN);
  } catch {
    return null;
  }
}

function isLanguage(tag: string): tag is Language {
  return tag in LANGUAGES;
}
