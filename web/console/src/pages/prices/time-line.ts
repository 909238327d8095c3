/** A stage on the time line; an end that is absent is that of the sale. */
type StageSpan = { code: string; name: string; from: number | null; until: number | null };

type Bar = { code: string; name: string; x: number; width: number; y: number; isOpen: boolean };

const width = 720;
const barHeight = 26;
const axisHeight = 26;
const ticksMax = 6;

/** Where the bars of stages stand, in the units of the view box: time from left to right, a line for each stage. */
export function layOutStages(stages: readonly StageSpan[], saleFrom: number, saleUntil: number) {
  const from = Math.min(saleFrom, ...stages.map((stage) => stage.from ?? saleFrom));
  const until = Math.max(saleUntil, ...stages.map((stage) => stage.until ?? saleUntil), from + 1);
  const xOf = (at: number) => ((at - from) / (until - from)) * width;
  const bars = stages.map((stage, line): Bar => {
    const x = xOf(stage.from ?? from);
    return {
      code: stage.code,
      name: stage.name,
      x,
      width: Math.max(2, xOf(stage.until ?? until) - x),
      y: line * barHeight,
      isOpen: stage.until === null,
    };
  });
  const ticks = Array.from({ length: ticksMax }, (_, i) => {
    const at = from + ((until - from) * i) / (ticksMax - 1);
    return { at, x: xOf(at) };
  });
  return { width, height: stages.length * barHeight + axisHeight, barHeight, bars, ticks };
}
