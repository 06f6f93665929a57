import { useCallback, useEffect, useRef, useState, type PointerEvent } from 'react';
import { panBy, FIT, zoomAt, type Area, type ZoomPan } from './zoomPan.ts';

type Change = (zoomPan: ZoomPan, area: Area) => ZoomPan;
type Point = { x: number; y: number };

const CENTER: Point = { x: 0, y: 0 };
const WHEEL_SPEED = 0.0015;

/** Zooms and pans an element by wheel, pinch and drag. The returned actions are for buttons and keys. */
export function useZoomPan() {
  const stage = useRef<HTMLDivElement>(null);
  const pointers = useRef(new Map<number, Point>());
  const [zoomPan, setZoomPan] = useState(FIT);
  const change = useCallback((apply: Change) => {
    const area = stage.current?.getBoundingClientRect();
    if (area) setZoomPan((current) => apply(current, area));
  }, []);

  useEffect(() => {
    const element = stage.current;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const at = fromCenter(event, element);
      change((current, area) => zoomAt(current, Math.exp(-event.deltaY * WHEEL_SPEED), at, area));
    };
    // React's wheel listeners are passive, and a passive listener can't prevent scrolling.
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
    if (!other) return change((current, area) => panBy(current, now.x - before.x, now.y - before.y, area));
    const at = fromCenter({ clientX: (now.x + other.x) / 2, clientY: (now.y + other.y) / 2 }, stage.current);
    const factor = distance(now, other) / Math.max(1, distance(before, other));
    change((current, area) => zoomAt(current, factor, at, area));
  };
  const onPointerUp = (event: PointerEvent<HTMLDivElement>) => void pointers.current.delete(event.pointerId);

  return {
    stage,
    zoomPan,
    handlers: { onPointerDown, onPointerMove, onPointerUp, onPointerCancel: onPointerUp },
    zoomBy: (factor: number) => change((current, area) => zoomAt(current, factor, CENTER, area)),
    panBy: (x: number, y: number) => change((current, area) => panBy(current, x, y, area)),
    fit: () => change(() => FIT),
  };
}

function fromCenter({ clientX, clientY }: { clientX: number; clientY: number }, element: Element | null): Point {
  const box = element?.getBoundingClientRect();
  return box ? { x: clientX - box.left - box.width / 2, y: clientY - box.top - box.height / 2 } : CENTER;
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
