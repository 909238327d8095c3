type Input = {
  labels: readonly string[];
  series: readonly { values: readonly (number | null)[] }[];
  kind: 'line' | 'bar';
  limit: number | undefined;
};

const width = 720;
const height = 260;
const left = 84;
const top = 10;
const bottom = 28;
const namesMax = 8;

/** A step of 1, 2 or 5 times a power of ten that takes at most `ticks` steps to the highest value. */
export function stepFor(highest: number, ticks: number): number {
  const rough = highest / ticks;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough)!;
}

/** Where everything of a plot stands, in the units of its view box. Gaps in a line are values that are null. */
export function layOut({ labels, series, kind, limit }: Input) {
  const values = series.flatMap((one) => one.values).filter((value) => value !== null);
  const highest = Math.max(1, limit ?? 0, ...values);
  const step = stepFor(highest, 4);
  const ceiling = Math.ceil(highest / step) * step;
  const yOf = (value: number) => top + (1 - value / ceiling) * (height - top - bottom);
  const slot = (width - left) / Math.max(1, labels.length);
  const xOf = (index: number) => left + (index + 0.5) * slot;
  const every = Math.ceil(labels.length / namesMax);
  const steps = Math.round(ceiling / step);
  return {
    width,
    height,
    left,
    limitY: limit === undefined ? undefined : yOf(limit),
    ticks: Array.from({ length: steps + 1 }, (_, index) => ({ value: index * step, y: yOf(index * step) })),
    names: labels.flatMap((text, index) => (index % every === 0 ? [{ text, x: xOf(index) }] : [])),
    bars:
      kind === 'line'
        ? []
        : series.flatMap((one, at) =>
            one.values.flatMap((value, index) => {
              if (value === null) return [];
              const barWidth = (slot * 0.8) / series.length;
              const x = xOf(index) - slot * 0.4 + at * barWidth;
              const y = yOf(value);
              const box = { x, y, width: barWidth, height: height - bottom - y };
              return [{ key: `${at}/${index}`, series: at % 4, ...box }];
            }),
          ),
    lines:
      kind === 'bar'
        ? []
        : series.map((one, at) => ({ series: at % 4, path: linePath(one.values, xOf, yOf) })),
  };
}

function linePath(
  values: readonly (number | null)[],
  xOf: (index: number) => number,
  yOf: (value: number) => number,
): string {
  let path = '';
  let isOpen = false;
  for (const [index, value] of values.entries()) {
    if (value !== null) path += `${isOpen ? 'L' : 'M'}${xOf(index).toFixed(1)} ${yOf(value).toFixed(1)}`;
    isOpen = value !== null;
  }
  return path;
}
