import type { ReactNode } from 'react';
import { Icon } from './Icon.tsx';

/** Something that stands in the way; it is announced at once. */
export function Alert({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="alert" role="alert">
      <Icon name="warning" />
      <div>
        <p className="alert-title">{title}</p>
        {children}
      </div>
    </div>
  );
}
