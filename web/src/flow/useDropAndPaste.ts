import { useEffect, useState } from 'react';
import type { FlowEvent } from './machine.ts';

/** Accepts a file dropped or pasted anywhere on the page. Returns whether a file is being dragged over the page. */
export function useDropAndPaste(dispatch: (event: FlowEvent) => void): boolean {
  const [dragging, setDragging] = useState(false);
  useEffect(() => {
    const listening = new AbortController();
    const { signal } = listening;
    const choose = (transfer: DataTransfer | null, event: Event) => {
      const file = transfer?.files[0];
      if (!file) return;
      event.preventDefault();
      dispatch({ type: 'fileChosen', file });
    };
    const carriesFile = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    addEventListener('paste', (event) => choose(event.clipboardData, event), { signal });
    addEventListener(
      'dragover',
      (event) => {
        if (!carriesFile(event)) return;
        event.preventDefault(); // otherwise the browser opens the dropped file
        setDragging(true);
      },
      { signal },
    );
    addEventListener('dragleave', (event) => event.relatedTarget === null && setDragging(false), { signal });
    addEventListener(
      'drop',
      (event) => {
        if (carriesFile(event)) event.preventDefault();
        setDragging(false);
        choose(event.dataTransfer, event);
      },
      { signal },
    );
    return () => listening.abort();
  }, [dispatch]);
  return dragging;
}
