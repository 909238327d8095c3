import type { Point } from './view.ts';

export type GestureHandlers = {
  pan: (dx: number, dy: number) => void;
  zoom: (factor: number, at: Point) => void;
  tap: (at: Point, isTouch: boolean) => void;
  hover: (at: Point | null) => void;
};

/** A finger that moves less than this still means a tap. */
const tapSlopPixels = 8;
const wheelZoomPerPixel = 0.0018;
const wheelLinePixels = 30;

/** Turns pointers and the wheel into pan, zoom, tap and hover; returns how to stop. */
export function listen(element: HTMLElement, handlers: GestureHandlers): () => void {
  const pointers = new Map<number, Point>();
  let travelled = 0;

  const at = (event: MouseEvent): Point => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  const onDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    if (pointers.size === 0) travelled = 0;
    // A second finger makes it a pinch, which never ends as a tap.
    else travelled = Infinity;
    pointers.set(event.pointerId, at(event));
    element.setPointerCapture(event.pointerId);
  };

  const onMove = (event: PointerEvent): void => {
    const now = at(event);
    const before = pointers.get(event.pointerId);
    if (before === undefined) {
      if (event.pointerType === 'mouse') handlers.hover(now);
      return;
    }
    travelled += Math.hypot(now.x - before.x, now.y - before.y);
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    pointers.set(event.pointerId, now);
    if (other !== undefined) pinch(before, now, other);
    else if (travelled > tapSlopPixels) handlers.pan(now.x - before.x, now.y - before.y);
  };

  const pinch = (before: Point, now: Point, other: Point): void => {
    const was = Math.hypot(before.x - other.x, before.y - other.y);
    const is = Math.hypot(now.x - other.x, now.y - other.y);
    handlers.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
    if (was > 0 && is > 0) {
      handlers.zoom(is / was, { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
    }
  };

  const onUp = (event: PointerEvent): void => {
    const wasDown = pointers.delete(event.pointerId);
    if (wasDown && event.type === 'pointerup' && travelled <= tapSlopPixels) {
      handlers.tap(at(event), event.pointerType !== 'mouse');
    }
  };

  const onWheel = (event: WheelEvent): void => {
    event.preventDefault();
    const pixels = event.deltaMode === 1 ? event.deltaY * wheelLinePixels : event.deltaY;
    // Browsers send a trackpad's pinch as a wheel with the control key, in much smaller steps.
    const speed = event.ctrlKey ? wheelZoomPerPixel * 5 : wheelZoomPerPixel;
    handlers.zoom(Math.exp(-pixels * speed), at(event));
  };

  const onLeave = (event: PointerEvent): void => {
    // A finger leaves at every tap; what it pointed at stays in view for a moment.
    if (event.pointerType === 'mouse') handlers.hover(null);
  };
  const stop = new AbortController();
  const { signal } = stop;
  element.addEventListener('pointerdown', onDown, { signal });
  element.addEventListener('pointermove', onMove, { signal });
  element.addEventListener('pointerup', onUp, { signal });
  element.addEventListener('pointercancel', onUp, { signal });
  element.addEventListener('pointerleave', onLeave, { signal });
  element.addEventListener('wheel', onWheel, { signal, passive: false });
  return () => stop.abort();
}
