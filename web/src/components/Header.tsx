import { useTranslation } from 'react-i18next';
import { useDispatch } from '../flow/context.ts';
import { chooseLanguage, LANGUAGES, type Language } from '../i18n/language.ts';
import { SignInButton } from './SignInButton.tsx';

export function Header({ homeAddress }: { homeAddress: string }) {
  const { t, i18n } = useTranslation();
  const dispatch = useDispatch();
  return (
    <header className="header">
      <a
        className="brand"
        href={homeAddress}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          dispatch({ type: 'reset' });
        }}
      >
        <img src="/icon.svg" alt="" width="32" height="32" />
        <span>{t('app.name')}</span>
      </a>
      <div className="header-end">
        <SignInButton />
        <select
          className="language"
          aria-label={t('app.language')}
          value={i18n.language}
          onChange={(event) => chooseLanguage(event.target.value as Language)}
        >
          {Object.entries(LANGUAGES).map(([code, name]) => (
            <option key={code} value={code} lang={code}>
              {name}
            </option>
          ))}
        </select>
      </div>
    </header>
  );
}
