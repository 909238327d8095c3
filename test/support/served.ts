import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../../src/base/errors.ts';

/**
 * Asks as a buyer does who comes again for as long as a process is too busy, as it may be on a slow machine: it has done
 * nothing then. @throws whatever else the work throws.
 */
export async function untilServed<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'overloaded') throw error;
      await sleep(20);
    }
  }
}
