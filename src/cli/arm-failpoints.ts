import { writeSync } from 'node:fs';
import { createFailpoints, setFailpoints, type FailOrder } from '../base/failpoint.ts';

/** Lets this thread break where it is told to; without orders it does not. */
export function armFailpoints(orders: FailOrder[] | undefined): void {
  if (!orders) return;
  setFailpoints(
    createFailpoints(orders, {
      kill: () => process.kill(process.pid, 'SIGKILL'),
      // At once, whatever happens next.
      note: (point) => writeSync(2, `failpoint ${point}\n`),
    }),
  );
}
