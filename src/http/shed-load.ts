import { Problem } from '../base/errors.ts';
import type { App } from './app.ts';

/**
 * Refuses new work while the process is saturated: routes with `config: { sheds: true }` get the hook, whatever else
 * there is (health, metrics, what is under way) is answered as ever.
 * @param isSaturated asked for each such request.
 */
export function shedLoad(app: App, isSaturated: () => boolean): void {
  app.addHook('onRoute', (route) => {
    if (route.config?.sheds !== true) return;
    const hooks = route.onRequest ?? [];
    route.onRequest = [
      (_request, _reply, done) => {
        if (!isSaturated()) return done();
        const detail = 'This process has more to do than it can. Nothing was changed; try again in a moment.';
        done(new Problem('overloaded', detail, { retryAfterSeconds: 1 }));
      },
      ...(Array.isArray(hooks) ? hooks : [hooks]),
    ];
  });
}
