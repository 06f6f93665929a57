import { useId, useLayoutEffect, useRef, type KeyboardEvent, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from './Icon.tsx';

type ModalProps = {
  title: string;
  className: string;
  onClose: () => void;
  onKeyDown?: (event: KeyboardEvent) => void;
  children: ReactNode;
};

/** A modal <dialog>: it traps the focus, closes on Escape and restores the focus. */
export function Modal({ title, className, onClose, onKeyDown, children }: ModalProps) {
  const { t } = useTranslation();
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  // A layout effect, because its cleanup runs before the dialog leaves the DOM; the focus is only restored then.
  useLayoutEffect(() => {
    const element = dialog.current;
    if (!element?.open) element?.showModal();
    return () => element?.close();
  }, []);
  return (
    // The keys only repeat what the buttons do.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <dialog ref={dialog} className={className} aria-labelledby={id} onCancel={onClose} onKeyDown={onKeyDown}>
      <div className="modal-head">
        <h2 id={id}>{title}</h2>
        <button type="button" className="button round quiet" aria-label={t('dialog.close')} onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      {children}
    </dialog>
  );
}
