// `npm run chaos`: brings the project to where it can run, then breaks it under its own Node.
import { fail, handOver, setUp } from './setup.mjs';

setUp()
  .then(() => handOver('chaos/run.ts', process.argv.slice(2)))
  .catch(fail);
