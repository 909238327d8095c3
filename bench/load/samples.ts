import type { Latency } from './job.ts';

/** Every sample of a measure, so that its percentiles are exact. */
export class Samples {
  #values = new Float64Array(4_096);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(value: number): void {
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(this.#values.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#count++] = value;
  }

  /** The samples in ascending order. */
  sorted(): Float64Array {
    return this.#values.slice(0, this.#count).sort();
  }

  /** Percentiles by nearest rank; 0 where there are no samples. */
  latency(): Latency {
    const sorted = this.sorted();
    const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
    return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
  }
}
