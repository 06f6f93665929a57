import type { ReactNode } from 'react';
import { Icon } from './Icon.tsx';

/** An alert, announced immediately by screen readers. */
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
