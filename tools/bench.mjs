// `npm run bench`: brings the project to where it can run, then measures under its own Node.
import { fail, handOver, setUp } from './setup.mjs';

setUp()
  .then(() => handOver('bench/run.ts', process.argv.slice(2)))
  .catch(fail);
