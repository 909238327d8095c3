// Loaded before a process (`--import`): its clock is off by so many seconds.
const offset = Number(process.env['CHAOS_CLOCK_SECONDS'] ?? 0) * 1_000;
const RealDate = Date;

if (offset !== 0) {
  globalThis.Date = class extends RealDate {
    constructor(...values: unknown[]) {
      if (values.length === 0) super(RealDate.now() + offset);
      else super(...(values as [number]));
    }

    static override now(): number {
      return RealDate.now() + offset;
    }
  } as DateConstructor;
}
