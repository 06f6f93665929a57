import { useEffect, useState } from 'react';
import type { FlowEvent } from './machine.ts';

/** Takes an image that is dropped or pasted anywhere on the page; tells whether one is being dragged over it. */
export function useDropAndPaste(dispatch: (event: FlowEvent) => void): boolean {
  const [dragging, setDragging] = useState(false);
  useEffect(() => {
    const listening = new AbortController();
    const { signal } = listening;
    const offer = (transfer: DataTransfer | null, event: Event) => {
      const file = transfer?.files[0];
      if (!file) return;
      event.preventDefault();
      dispatch({ type: 'fileChosen', file });
    };
    const carriesFile = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    addEventListener('paste', (event) => offer(event.clipboardData, event), { signal });
    addEventListener(
      'dragover',
      (event) => {
        if (!carriesFile(event)) return;
        event.preventDefault(); // otherwise the browser opens what is dropped
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
        offer(event.dataTransfer, event);
      },
      { signal },
    );
    return () => listening.abort();
  }, [dispatch]);
  return dragging;
}
