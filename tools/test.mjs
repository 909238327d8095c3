// `npm test`: brings the project to where it can run, then checks it under its own Node.
import { fail, handOver, setUp } from './setup.mjs';

setUp()
  .then(() => handOver('tools/checks/run.ts', process.argv.slice(2)))
  .catch(fail);
