import type { PlanDocument } from '../../src/catalog/plan-document.ts';

/** A hall as its owner draws it: rows A, B, … of so many seats in the zone "Sala", and standing room unless there is none. */
export function drawnPlan(rows: number, seatsInRow: number, standing = 0): PlanDocument {
  const letters = Array.from({ length: rows }, (_, i) => String.fromCharCode(65 + i));
  return {
    size: { width: seatsInRow * 25 + 50, height: rows * 25 + 50 },
    categories: [{ name: 'Platea', color: '#aa3344' }],
    zones: [
      {
        kind: 'numbered',
        name: 'Sala',
        rows: letters.map((label, row) => ({
          label,
          seats: Array.from({ length: seatsInRow }, (_, i) => ({
            id: `${label}${i + 1}`,
            label: String(i + 1),
            x: 25 + i * 25,
            y: 25 + row * 25,
            category: 0,
          })),
        })),
      },
      ...(standing > 0 ? [{ kind: 'general' as const, name: 'De pie', capacity: standing }] : []),
    ],
    areas: [],
  };
}
