import { limits } from '../base/limits.ts';
import type { App } from '../http/app.ts';
import type { PaymentProvider } from './payment-provider.ts';
import type { PaymentReconciler } from './reconcile-payments.job.ts';

type Deps = { stripe: PaymentProvider; reconciler: PaymentReconciler };

/** `POST /callbacks/stripe/events`: Stripe tells that something of a payment is new. */
export function receiveStripeEventRoute(app: App, { stripe, reconciler }: Deps): void {
  app.register(async (scope) => {
    // Of this route alone: what is signed are the bytes.
    scope.removeContentTypeParser('application/json');
    scope.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer', bodyLimit: limits.callbackBytesMax },
      (_request, body, done) => done(null, body),
    );
    scope.post(
      '/callbacks/stripe/events',
      { config: { problems: ['callback_signature_invalid'] }, schema: { hide: true } },
      async (request, reply) => {
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const event = stripe.readEvent(body, [request.headers['stripe-signature']].flat()[0]);
        if (event) await reconciler.hear(event);
        return reply.code(204).send();
      },
    );
  });
}
