// `npm start`: from a fresh clone to a running Taquilla.
import { buildWebApps, fail, handOver, setUp } from './setup.mjs';

setUp()
  .then(buildWebApps)
  .then(() => handOver('src/main.ts', ['serve', ...process.argv.slice(2)]))
  .catch(fail);
