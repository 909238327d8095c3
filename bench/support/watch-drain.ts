import { setTimeout as sleep } from 'node:timers/promises';
import { memoryOf } from './process.ts';
import type { Stage } from './stage.ts';

const backlogSecondsMax = 1_200;
const pollSeconds = 1;

/** A point of a curve: seconds from the start, and places or MB. */
export type Point = readonly [seconds: number, value: number];

/**
 * Counts what the mail server takes and how much memory a process has, from now until the last sale is completed.
 * @param placesPerMail what each mail counts for.
 */
export function watchDrain(stage: Stage, pid: number, placesPerMail: number) {
  const startedAt = performance.now();
  const { mail, progress } = stage.bench;
  const curves: { mailed: Point[]; memory: Point[] } = { mailed: [[0, 0]], memory: [] };
  let ended = false;
  const seconds = () => (performance.now() - startedAt) / 1000;
  const watching = (async () => {
    const before = await mail.taken();
    while (!ended) {
      await sleep(pollSeconds * 1000);
      const mails = (await mail.taken()) - before;
      curves.mailed.push([seconds(), mails * placesPerMail]);
      curves.memory.push([seconds(), memoryOf(pid).now]);
    }
  })();
  return {
    curves,
    async untilCompleted(orders: number): Promise<void> {
      progress.phase('backlog of tickets and mails');
      for (;;) {
        const { rows } = await stage.pool.query<{ open: number }>(
          `select count(*) as open from transactions where status <> 'completed'`,
        );
        progress.part(orders - rows[0]!.open, orders);
        if (rows[0]!.open === 0) break;
        if (seconds() > backlogSecondsMax)
          throw new Error(`${rows[0]!.open} sales were not completed in time`);
        await sleep(pollSeconds * 1000);
      }
      curves.mailed.push([seconds(), orders * placesPerMail]);
      ended = true;
      await watching;
    },
    async stop() {
      ended = true;
      await watching;
    },
  };
}
