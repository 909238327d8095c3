export type AreaText = { text: string; size: number; color: string; x: number; y: number };

/** Everything is in the plan's own coordinates; the rotation turns the shape about its (x, y). */
export type Area = {
  shape: 'rectangle' | 'circle' | 'ellipse' | 'polygon' | 'text';
  x: number;
  y: number;
  width?: number | null;
  height?: number | null;
  radius?: number | null;
  points?: { x: number; y: number }[] | null;
  color?: string | null;
  border_color?: string | null;
  rotation?: number | null;
  text?: AreaText | null;
  zone_id?: string | null;
};

/** What a map draws of a plan; entry `i` of every list of seats belongs to seat `i`. */
export type MapPlan = {
  size: { width: number; height: number };
  categories: readonly { color: string }[];
  areas: readonly Area[];
  seats: { category: readonly number[]; number: readonly string[] };
};
