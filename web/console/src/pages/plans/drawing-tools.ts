import type { Numbering } from './numbering.ts';
import { seatsOf, type PlanDocument, type Point } from './plan-document.ts';
import { addBlock, addGeneral, addStage, addTable, type Drawing } from './plan-editor.ts';

/** What the tools that draw are set to. */
export type ToolSettings = {
  zone: string;
  category: number;
  rows: number;
  seats: number;
  seatGap: number;
  rowGap: number;
  rise: number;
  rotation: number;
  rowNames: Numbering;
  seatNames: Numbering;
  tableZone: string;
  tableName: string;
  tableShape: 'round' | 'rectangle';
  tableSeats: number;
  stageName: string;
  generalName: string;
  capacity: number;
};

export type DrawingTool = 'block' | 'table' | 'stage' | 'general';

const tableReach = 16;
const boxDefault = { width: 300, height: 70 };

/** Draws with a tool from one point to another; a press alone draws what the settings say. */
export function drawWith(
  tool: DrawingTool,
  settings: ToolSettings,
  drawing: Drawing,
  from: Point,
  to: Point,
): Drawing {
  const { x, y } = { x: Math.min(from.x, to.x), y: Math.min(from.y, to.y) };
  const [width, height] = [Math.abs(to.x - from.x), Math.abs(to.y - from.y)];
  const box = width > 10 && height > 10 ? { x, y, width, height } : { x, y, ...boxDefault };
  switch (tool) {
    case 'block': {
      const { seatGap, rowGap } = settings;
      const fits = (length: number, gap: number, set: number) =>
        length > gap ? Math.round(length / gap) + 1 : set;
      const rows = fits(height, rowGap, settings.rows);
      const seats = fits(width, seatGap, settings.seats);
      return addBlock(drawing, { ...settings, x, y, rows, seats });
    }
    case 'table': {
      const { tableShape: shape, tableSeats: seats, tableZone: zone, tableName: name, category } = settings;
      const size =
        shape === 'round'
          ? { width: Math.max(40, seats * 8), height: Math.max(40, seats * 8) }
          : { width: Math.max(40, Math.ceil(seats / 2) * 26), height: 40 };
      return addTable(drawing, { x, y, shape, seats, ...size, reach: tableReach, zone, category, name });
    }
    case 'stage':
      return addStage(drawing, box, settings.stageName);
    case 'general':
      return addGeneral(drawing, box, { name: settings.generalName, capacity: settings.capacity });
  }
}

/** Where something new goes that nobody showed a place for: the stage above all that is there, anything else below it. */
export function freePlace(tool: DrawingTool, document: PlanDocument): Point {
  let bottom = 0;
  let top = 130;
  for (const { seat } of seatsOf(document)) {
    bottom = Math.max(bottom, seat.y);
    top = Math.min(top, seat.y);
  }
  if (tool === 'stage') return { x: 60, y: top - 130 };
  for (const { y, height = 0 } of document.areas) bottom = Math.max(bottom, y + height);
  return { x: 60, y: bottom + 50 };
}
