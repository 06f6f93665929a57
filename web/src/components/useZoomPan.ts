import { useCallback, useEffect, useRef, useState, type PointerEvent } from 'react';
import { moved, WHOLE, zoomed, type Area, type Glass } from './zoomPan.ts';

type Change = (glass: Glass, area: Area) => Glass;
type Point = { x: number; y: number };

const MIDDLE: Point = { x: 0, y: 0 };
const WHEEL = 0.0015;

/** Zoom and pan of an element by wheel, pinch and drag, and by the returned actions for buttons and keys. */
export function useGlass() {
  const stage = useRef<HTMLDivElement>(null);
  const pointers = useRef(new Map<number, Point>());
  const [glass, setGlass] = useState(WHOLE);
  const change = useCallback((apply: Change) => {
    const area = stage.current?.getBoundingClientRect();
    if (area) setGlass((current) => apply(current, area));
  }, []);

  useEffect(() => {
    const element = stage.current;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const at = fromMiddle(event, element);
      change((current, area) => zoomed(current, Math.exp(-event.deltaY * WHEEL), at, area));
    };
    // React listens passively, and a passive listener can't keep the page from scrolling.
    element?.addEventListener('wheel', onWheel, { passive: false });
    return () => element?.removeEventListener('wheel', onWheel);
  }, [change]);

  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    if ((event.target as Element).closest('[role=slider], button')) return;
    pointers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    const before = pointers.current.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1];
    pointers.current.set(event.pointerId, now);
    if (!other) return change((current, area) => moved(current, now.x - before.x, now.y - before.y, area));
    const at = fromMiddle({ clientX: (now.x + other.x) / 2, clientY: (now.y + other.y) / 2 }, stage.current);
    const factor = distance(now, other) / Math.max(1, distance(before, other));
    change((current, area) => zoomed(current, factor, at, area));
  };
  const onPointerUp = (event: PointerEvent<HTMLDivElement>) => void pointers.current.delete(event.pointerId);

  return {
    stage,
    glass,
    handlers: { onPointerDown, onPointerMove, onPointerUp, onPointerCancel: onPointerUp },
    magnify: (factor: number) => change((current, area) => zoomed(current, factor, MIDDLE, area)),
    move: (x: number, y: number) => change((current, area) => moved(current, x, y, area)),
    fit: () => change(() => WHOLE),
  };
}

function fromMiddle({ clientX, clientY }: { clientX: number; clientY: number }, element: Element | null): Point {
  const box = element?.getBoundingClientRect();
  return box ? { x: clientX - box.left - box.width / 2, y: clientY - box.top - box.height / 2 } : MIDDLE;
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
