/** A line of a plot. */
export type Series = {
  name: string;
  points: readonly (readonly [x: number, y: number])[];
  /** A curve of many points has no marks and values; a reference is a dashed level with its value at the end. */
  kind?: 'curve' | 'reference';
};

export type Plot = {
  title: string;
  /** What was measured where, in one line. */
  subtitle: string;
  x: Axis;
  y: Axis;
  series: readonly Series[];
  /** Sentences under the legend. */
  notes?: readonly string[];
  /** Instants on the x axis at which something happened. */
  marks?: readonly { x: number; label: string }[];
};

type Axis = { label: string; scale?: 'linear' | 'log'; min?: number; max?: number };

type Scale = { at(value: number): number; ticks: number[] };

const width = 860;
const height = 480;
const frame = { left: 84, right: 24, top: 92, bottom: 62 };
// Told apart by people who see colours otherwise, and in print (Okabe and Ito).
const colors = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00'];
const ink = '#1b1e27';
const muted = '#5d6472';
const line = '#e3e6eb';

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A number for people: 12,300 or 0.25. */
export function formatNumber(value: number): string {
  const places = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return Number(value.toFixed(places)).toLocaleString('en-US');
}

function linearScale(low: number, high: number, from: number, to: number): Scale {
  const rough = (high - low) / 5 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!;
  const top = Math.ceil(high / step) * step;
  const count = Math.round((top - low) / step);
  return {
    at: (value) => from + ((value - low) / (top - low || 1)) * (to - from),
    ticks: Array.from({ length: count + 1 }, (_, i) => low + i * step),
  };
}

function logScale(low: number, high: number, from: number, to: number, values: number[] | undefined): Scale {
  const start = values ? Math.log10(low) : Math.floor(Math.log10(low));
  const end = values ? Math.log10(high) : Math.ceil(Math.log10(high));
  const decades = Array.from(
    { length: Math.max(0, Math.ceil(end) - Math.floor(start)) },
    (_, i) => 10 ** (Math.floor(start) + i),
  );
  const ticks = values ?? [...decades.flatMap((decade) => [decade, 2 * decade, 5 * decade]), 10 ** end];
  return {
    at: (value) => from + ((Math.log10(Math.max(value, low)) - start) / (end - start || 1)) * (to - from),
    ticks: ticks.filter((tick) => tick >= 10 ** start * 0.999 && tick <= 10 ** end * 1.001),
  };
}

function makeScale(axis: Axis, values: number[], from: number, to: number, ticks?: number[]): Scale {
  const [low, high] = [axis.min ?? Math.min(...values), axis.max ?? Math.max(...values)];
  if (axis.scale === 'log') return logScale(Math.max(low, 1e-3), Math.max(high, 1e-3), from, to, ticks);
  return linearScale(axis.min ?? 0, high, from, to);
}

function drawAxes(plot: Plot, x: Scale, y: Scale): string[] {
  const [bottom, right] = [height - frame.bottom, width - frame.right];
  return [
    ...y.ticks.map(
      (tick) =>
        `<line x1="${frame.left}" x2="${right}" y1="${y.at(tick).toFixed(1)}" y2="${y.at(tick).toFixed(1)}" stroke="${line}"/>` +
        `<text x="${frame.left - 10}" y="${(y.at(tick) + 4).toFixed(1)}" text-anchor="end" fill="${muted}">${formatNumber(tick)}</text>`,
    ),
    ...x.ticks.map(
      (tick) =>
        `<line x1="${x.at(tick).toFixed(1)}" x2="${x.at(tick).toFixed(1)}" y1="${bottom}" y2="${bottom + 5}" stroke="${muted}"/>` +
        `<text x="${x.at(tick).toFixed(1)}" y="${bottom + 20}" text-anchor="middle" fill="${muted}">${formatNumber(tick)}</text>`,
    ),
    `<line x1="${frame.left}" x2="${right}" y1="${bottom}" y2="${bottom}" stroke="${muted}"/>`,
    `<text x="${(frame.left + right) / 2}" y="${height - 16}" text-anchor="middle" fill="${ink}">${escape(plot.x.label)}</text>`,
    `<text transform="translate(22 ${(frame.top + bottom) / 2}) rotate(-90)" text-anchor="middle" fill="${ink}">${escape(plot.y.label)}</text>`,
  ];
}

function drawSeries({ points, kind }: Series, color: string, x: Scale, y: Scale): string[] {
  const places = points.map(([px, py]) => [x.at(px).toFixed(1), y.at(py).toFixed(1)] as const);
  const path = places.map(([px, py], i) => `${i === 0 ? 'M' : 'L'}${px} ${py}`).join('');
  const dashes = kind === 'reference' ? ' stroke-dasharray="6 5"' : '';
  const drawn = [
    `<path d="${path}" fill="none" stroke="${color}" stroke-width="2.5" stroke-linejoin="round"${dashes}/>`,
  ];
  if (kind === 'curve') return drawn;
  if (kind === 'reference') {
    const [px, py] = places.at(-1)!;
    const label = `<text x="${px}" y="${Number(py) - 8}" text-anchor="end" font-size="12" font-weight="600" fill="${color}">`;
    return [...drawn, `${label}${formatNumber(points.at(-1)![1])}</text>`];
  }
  for (const [i, [px, py]] of places.entries()) {
    drawn.push(`<circle cx="${px}" cy="${py}" r="4" fill="${color}" stroke="#fff" stroke-width="1.5"/>`);
    drawn.push(
      `<text x="${px}" y="${Number(py) - 10}" text-anchor="middle" font-size="12" font-weight="600" fill="${color}" ` +
        `paint-order="stroke" stroke="#fff" stroke-width="3">${formatNumber(points[i]![1])}</text>`,
    );
  }
  return drawn;
}

function drawLegend(plot: Plot): string[] {
  let left = frame.left;
  const entries = plot.series.map(({ name }, i) => {
    const entry =
      `<rect x="${left}" y="62" width="14" height="4" rx="2" fill="${colors[i % colors.length]}"/>` +
      `<text x="${left + 20}" y="68" fill="${ink}">${escape(name)}</text>`;
    left += 44 + name.length * 7;
    return entry;
  });
  const notes = (plot.notes ?? []).map(
    (note, i) =>
      `<text x="${width - frame.right - 8}" y="${height - frame.bottom - 14 - 18 * ((plot.notes?.length ?? 0) - 1 - i)}" ` +
      `text-anchor="end" fill="${ink}" paint-order="stroke" stroke="#fff" stroke-width="4">${escape(note)}</text>`,
  );
  return [...entries, ...notes];
}

function drawMarks({ marks = [] }: Plot, x: Scale): string[] {
  const bottom = height - frame.bottom;
  return marks.flatMap(({ x: at, label }) => {
    const place = x.at(at).toFixed(1);
    return [
      `<line x1="${place}" x2="${place}" y1="${frame.top}" y2="${bottom}" stroke="${muted}" stroke-dasharray="2 3" opacity="0.6"/>`,
      `<text transform="translate(${place} ${frame.top + 2}) rotate(-90)" text-anchor="end" dy="-2" font-size="9" fill="${muted}">${escape(label)}</text>`,
    ];
  });
}

/** Draws a plot as an SVG that needs nothing else. */
export function drawPlot(plot: Plot): string {
  const all = plot.series.flatMap((one) => one.points);
  const xs = all.map(([px]) => px);
  const marked = plot.series.every((one) => one.kind !== 'curve');
  // On a logarithmic axis of client counts the counts themselves are the ticks.
  const ticks = marked ? [...new Set(xs)].sort((a, b) => a - b) : undefined;
  const x = makeScale(plot.x, xs, frame.left + 24, width - frame.right - 24, ticks);
  const y = makeScale(
    plot.y,
    all.map(([, py]) => py),
    height - frame.bottom,
    frame.top,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="13">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${frame.left}" y="30" font-size="18" font-weight="700" fill="${ink}">${escape(plot.title)}</text>`,
    `<text x="${frame.left}" y="49" font-size="12" fill="${muted}">${escape(plot.subtitle)}</text>`,
    ...drawAxes(plot, x, y),
    ...drawMarks(plot, x),
    ...plot.series.flatMap((one, i) => drawSeries(one, colors[i % colors.length]!, x, y)),
    ...drawLegend(plot),
    '</svg>',
    '',
  ].join('\n');
}
