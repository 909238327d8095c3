import type { PlanArea } from '../event.ts';
import type { Plan } from '../plan.ts';

/** The names of the zones of the club, which has no seats at all. */
export const clubStanding = { floor: 'Pista', gallery: 'Altillo' };

function room(
  words: string,
  box: { x: number; y: number; width: number; height: number },
  colors: { color: string; border_color: string },
): PlanArea {
  const text = {
    text: words,
    // Words that would be wider than their room are written smaller.
    size: Math.min(26, Math.floor(box.width / (words.length * 0.65))),
    color: '#4a4540',
    x: box.x + box.width / 2,
    y: box.y + box.height / 2,
  };
  return { shape: 'rectangle', ...box, ...colors, text };
}

/** A small club with standing room alone: before the stage, and on a gallery at the back. */
export function clubPlan(): Plan {
  const wood = { color: '#e3ddd3', border_color: '#96897a' };
  return {
    name: 'Sala',
    size: { width: 800, height: 620 },
    categories: [],
    zones: [],
    areas: [
      room('ESCENARIO', { x: 220, y: 40, width: 360, height: 90 }, wood),
      room(
        clubStanding.floor,
        { x: 140, y: 160, width: 520, height: 250 },
        { color: '#dbe7f3', border_color: '#7f9dbd' },
      ),
      room('Barra', { x: 60, y: 160, width: 60, height: 250 }, wood),
      room(
        clubStanding.gallery,
        { x: 140, y: 430, width: 520, height: 130 },
        { color: '#efe0ee', border_color: '#b48bb1' },
      ),
    ],
  };
}
