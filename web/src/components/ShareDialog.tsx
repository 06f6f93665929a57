import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { toast } from 'sonner';
import { asProblem } from '../api/problem.ts';
import { useServices } from '../flow/context.ts';
import { useFormat } from '../i18n/format.ts';
import { Modal } from './Modal.tsx';
import { ProblemAlert } from './ProblemAlert.tsx';

const EXPIRIES = { hour: 3600, day: 86_400, week: 604_800 } as const;
type Expiry = keyof typeof EXPIRIES;

export function ShareDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { api } = useServices();
  const [expiry, setExpiry] = useState<Expiry>('day');
  const [copyFailed, setCopyFailed] = useState(false);
  const share = useMutation({ mutationFn: () => api.shareJob(id, EXPIRIES[expiry]), onMutate: () => setCopyFailed(false) });
  const copy = async (url: string) => {
    try {
      await navigator.clipboard.writeText(url);
      toast.success(t('share.copied'));
    } catch {
      setCopyFailed(true); // without TLS or permission there is no clipboard
    }
  };
  return (
    <Modal className="modal" title={t('share.title')} onClose={onClose}>
      <p>{t('share.text')}</p>
      <fieldset className="chips">
        <legend>{t('share.expiry')}</legend>
        {(Object.keys(EXPIRIES) as Expiry[]).map((name) => (
          <label key={name} className="chip">
            <input
              type="radio"
              name="expiry"
              checked={name === expiry}
              onChange={() => {
                setExpiry(name);
                share.reset();
              }}
            />
            <span>{t(`share.${name}`)}</span>
          </label>
        ))}
      </fieldset>
      {share.data ? (
        <>
          <label className="field">
            <span>{t('share.link')}</span>
            <input type="url" readOnly value={share.data.url} onFocus={({ target }) => target.select()} />
            <span className="hint">
              {t('share.expires', { time: format.dateTime(new Date(share.data.expiresAt)) })}{' '}
              {copyFailed && t('share.copyManually')}
            </span>
          </label>
          <button type="button" className="button primary" onClick={() => void copy(share.data.url)}>
            {t('share.copy')}
          </button>
        </>
      ) : (
        <button type="button" className="button primary" disabled={share.isPending} onClick={() => share.mutate()}>
          {t('share.create')}
        </button>
      )}
      {share.isError && <ProblemAlert problem={asProblem(share.error)} />}
    </Modal>
  );
}
