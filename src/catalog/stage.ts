import type { CatalogEvent, PlanArea } from './event.ts';

/** What the seats look at: a box in plan coordinates. */
export type Stage = { left: number; top: number; right: number; bottom: number };

// The first kind of word that any area bears decides: a stadium's field may carry a concert's stage.
const stageWords = [
  /(?<!\p{L})(stage|escenario|tablado|tarima|\p{L}*bühne|scène|palcoscenico|podium)(?!\p{L})/iu,
  /(?<!\p{L})(screen|pantalla|leinwand|écran)(?!\p{L})/iu,
  /(?<!\p{L})(field|pitch|court|rink|ring|campo|cancha|ruedo|spielfeld|terrain)(?!\p{L})/iu,
];

/** An area's words; letters that were spaced out, as in "S T A G E", are drawn together again. */
function wordsOf(area: PlanArea): string {
  const text = area.text?.text.trim() ?? '';
  return /^\p{L}(\s+\p{L})+$/u.test(text) ? text.replaceAll(/\s+/gu, '') : text;
}

function boxOf(area: PlanArea): Stage {
  const { x, y, width = 0, height = 0, radius = 0, points = [] } = area;
  switch (area.shape) {
    case 'rectangle':
      return { left: x, top: y, right: x + width, bottom: y + height };
    case 'circle':
      return { left: x - radius, top: y - radius, right: x + radius, bottom: y + radius };
    case 'ellipse':
      return { left: x - width / 2, top: y - height / 2, right: x + width / 2, bottom: y + height / 2 };
    case 'polygon': {
      const xs = points.map((point) => point.x);
      const ys = points.map((point) => point.y);
      return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
    }
    case 'text':
      return { left: x, top: y, right: x, bottom: y };
  }
}

function sizeOf(box: Stage): number {
  return (box.right - box.left) * (box.bottom - box.top);
}

/**
 * What a plan's seats look at: the largest area whose text names a stage, else a screen, else a field
 * (general zones are none of these), and without any the top edge of the seats.
 */
export function findStage(event: Pick<CatalogEvent, 'areas' | 'seats'>): Stage {
  const areas = event.areas.filter(
    (area) => area.zoneNo === undefined && (area.shape !== 'polygon' || area.points?.length),
  );
  for (const words of stageWords) {
    const named = areas.filter((area) => words.test(wordsOf(area))).map(boxOf);
    if (named.length > 0)
      return named.reduce((largest, box) => (sizeOf(box) > sizeOf(largest) ? box : largest));
  }
  const { x, y } = event.seats;
  const edge = { left: Infinity, right: -Infinity, top: Infinity };
  for (let i = 0; i < x.length; i++) {
    edge.left = Math.min(edge.left, x[i]!);
    edge.right = Math.max(edge.right, x[i]!);
    edge.top = Math.min(edge.top, y[i]!);
  }
  return { ...edge, bottom: edge.top };
}

// How much a seat's distance to the middle of the stage counts beside the one to its edge: of two seats
// of the front row the central one is better, and a central seat of the third row is not better than
// one a few places aside in the first.
const centreWeight = 0.25;

/** How far a point is from the best view, in plan units: the distance to the stage's edge, plus a part of the one to its centre. */
export function distanceToStage(stage: Stage, x: number, y: number): number {
  const toEdge = Math.hypot(
    Math.max(stage.left - x, 0, x - stage.right),
    Math.max(stage.top - y, 0, y - stage.bottom),
  );
  const toCentre = Math.hypot(x - (stage.left + stage.right) / 2, y - (stage.top + stage.bottom) / 2);
  return toEdge + centreWeight * toCentre;
}
