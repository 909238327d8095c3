/** What an event sold, as the reports say it. Money in minor units. */
export type Sums = {
  capacity: number;
  held: number;
  tickets_sold: number;
  total: number;
  tickets_returned: number;
  total_returned: number;
};

export type Report = {
  event: Sums & { event_id: string; name: string; currency: string };
  data: (Partial<Sums> & { key: string; name?: string })[];
};

export type Conversion = {
  total: { placed: number; confirmed: number; live: number; conversion: number | null };
  data: { hour: string; placed: number; confirmed: number; expired: number; released: number }[];
};

type Sold = {
  event_id: string;
  name: string;
  hours: { hour: number; tickets: number; total: number }[];
  stages: { stage: string; tickets: number; total: number }[];
};

export type Comparison = { event: Sold; against: Sold | null };

/** What was sold by the end of each hour since the first sale; null after the last that is known. */
export function cumulated(hours: Sold['hours'], length: number): (number | null)[] {
  const byHour = new Map(hours.map((one) => [one.hour, one.tickets]));
  const last = hours.at(-1)?.hour ?? -1;
  let sum = 0;
  return Array.from({ length }, (_, hour) => {
    sum += byHour.get(hour) ?? 0;
    return hour <= last ? sum : null;
  });
}

const pointsMax = 200;

/** Every so-manieth of many, so that a plot of weeks stays one that can be read; the last is always there. */
export function thinned(length: number): number[] {
  const step = Math.max(1, Math.ceil(length / pointsMax));
  const places = Array.from({ length: Math.ceil(length / step) }, (_, i) => i * step);
  return places.at(-1) === length - 1 || length === 0 ? places : [...places, length - 1];
}
