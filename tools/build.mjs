// `npm run build`: the web applications, where their sources have changed.
import { buildWebApps, fail, setUp } from './setup.mjs';

setUp().then(buildWebApps).catch(fail);
