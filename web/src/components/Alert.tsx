import type { ReactNode } from 'react';
import { Icon } from './Icon.tsx';

/** Something that stands in the way; it is announced at once. */
export function Note({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="note" role="alert">
      <Icon name="warning" />
      <div>
        <p className="note-title">{title}</p>
        {children}
      </div>
    </div>
  );
}
