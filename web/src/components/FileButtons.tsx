import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useDispatch } from '../flow/context.ts';
import { Icon } from './Icon.tsx';

/** With exactly these types, phones convert HEIC photos to JPEG. */
const ACCEPTED = 'image/jpeg,image/png,image/webp';

/** Buttons for the file chooser and, on phones, the camera. */
export function FileButtons() {
  const { t } = useTranslation();
  return (
    <div className="file-buttons">
      <FileButton label={t('start.choose')} icon="upload" className="button primary large" />
      <FileButton label={t('start.camera')} icon="camera" className="button large camera" camera />
    </div>
  );
}

type FileButtonProps = { label: string; icon: 'upload' | 'camera'; className: string; camera?: boolean };

function FileButton({ label, icon, className, camera = false }: FileButtonProps) {
  const dispatch = useDispatch();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" className={className} onClick={() => input.current?.click()}>
        <Icon name={icon} />
        {label}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        accept={ACCEPTED}
        capture={camera ? 'environment' : undefined}
        aria-label={label}
        onChange={({ target }) => {
          const file = target.files?.[0];
          target.value = ''; // allows choosing the same file again
          if (file) dispatch({ type: 'fileChosen', file });
        }}
      />
    </>
  );
}
