// The one list of all routes that are mounted.
//
// A route is one file, `src/<room>/verb-noun.route.ts`, that exports one function which registers
// one endpoint and takes just what it needs:
//
//     export function readEventRoute(app: App, deps: { events: EventCache; clock: Clock }): void {
//       app.get('/events/:event_id', {
//         config: { problems: ['event_not_found'] },   // refusals of its own: OpenAPI shows them
//         schema: {
//           operationId: 'readEvent', tags: ['catalog'], summary: 'One event',
//           params: object({ event_id: eventIdSchema }),
//           response: { 200: eventSchema },
//         },
//       }, async (request) => { … });
//     }
//
// - `App` is in app.ts; `object`, `list`, ids, money, quote and other shared schemas in schemas.ts.
//   A body, query or params schema made of anything but closed objects is refused when it is mounted.
// - A refusal is thrown as a `Problem` (src/base/errors.ts); the route never writes an error itself.
// - Bodies are never coerced; query strings and path parameters are.
// - Strings of body, query and path are free of NUL and lone surrogates once a handler sees them.
// - `compress: false` in the route's options for answers that must be quick or are small.
// - `config: { right: 'staff.manage' }` lets only those through who have that right at the seller that
//   `/sellers/:seller_id/…` names; `principalOf(request)` and `actorOf(request)` (guard.ts) say who it is.
// - `config: { sheds: true }` lets a saturated process refuse the route's requests at once (shed-load.ts).
// - `config: { hot: true }` keeps successful requests out of the log.
// - A stream opens with `deps.streams.open(request, reply)` (sse.ts), then the handler returns reply.
// - A path that also works with a last slash is registered twice, the second with `schema.hide`.
import { acceptTransferRoute } from '../admission/accept-transfer.route.ts';
import { listRevokedCodesRoute } from '../admission/list-revoked-codes.route.ts';
import { listTicketKeysRoute } from '../admission/list-ticket-keys.route.ts';
import { offerTicketRoute } from '../admission/offer-ticket.route.ts';
import { openOfferRoute } from '../admission/open-offer.route.ts';
import { readTransferRoute } from '../admission/read-transfer.route.ts';
import { reissueSoldTicketRoute } from '../admission/reissue-sold-ticket.route.ts';
import { reissueTicketRoute } from '../admission/reissue-ticket.route.ts';
import { withdrawTransferRoute } from '../admission/withdraw-transfer.route.ts';
import { listEventsRoute } from '../catalog/list-events.route.ts';
import { readAvailabilityRoute } from '../catalog/read-availability.route.ts';
import { readEventRoute } from '../catalog/read-event.route.ts';
import { readSeatsRoute } from '../catalog/read-seats.route.ts';
import { streamAvailabilityRoute } from '../catalog/stream-availability.route.ts';
import { confirmSaleRoute } from '../checkout/confirm-sale.route.ts';
import { listChangedPassesRoute } from '../fulfilment/list-changed-passes.route.ts';
import { logPassFaultsRoute } from '../fulfilment/log-pass-faults.route.ts';
import { readLatestPassRoute } from '../fulfilment/read-latest-pass.route.ts';
import { registerPassRoute } from '../fulfilment/register-pass.route.ts';
import { unregisterPassRoute } from '../fulfilment/unregister-pass.route.ts';
import { listTicketsRoute } from '../fulfilment/list-tickets.route.ts';
import { saveTicketTermsRoute } from '../fulfilment/save-ticket-terms.route.ts';
import { openGooglePassRoute } from '../fulfilment/open-google-pass.route.ts';
import { readApplePassRoute } from '../fulfilment/read-apple-pass.route.ts';
import { readCalendarRoute } from '../fulfilment/read-calendar.route.ts';
import { readTicketsRoute } from '../fulfilment/read-tickets.route.ts';
import { changeHoldRoute } from '../holds/change-hold.route.ts';
import { extendHoldRoute } from '../holds/extend-hold.route.ts';
import { placeHoldRoute } from '../holds/place-hold.route.ts';
import { readHoldRoute } from '../holds/read-hold.route.ts';
import { releaseHoldRoute } from '../holds/release-hold.route.ts';
import { receiveMetaStatusRoute } from '../notifications/receive-meta-status.route.ts';
import { receiveTwilioMessageRoute } from '../notifications/receive-twilio-message.route.ts';
import { receiveTwilioStatusRoute } from '../notifications/receive-twilio-status.route.ts';
import { verifyMetaCallbackRoute } from '../notifications/verify-meta-callback.route.ts';
import type { Authenticate } from '../identity/authenticator.ts';
import { readOutboxRoute } from '../notifications/read-outbox.route.ts';
import { giveUpPaymentRoute } from '../payments/give-up-payment.route.ts';
import { decidePaymentRoute } from '../payments/decide-payment.route.ts';
import { importBankFileRoute } from '../payments/import-bank-file.route.ts';
import { listExchangeRatesRoute } from '../payments/list-exchange-rates.route.ts';
import { listPaymentsRoute } from '../payments/list-payments.route.ts';
import { recordExchangeRateRoute } from '../payments/record-exchange-rate.route.ts';
import { addPlanRuleRoute } from '../payments/add-plan-rule.route.ts';
import { cancelPlanRoute } from '../payments/cancel-plan.route.ts';
import { endPlanRuleRoute } from '../payments/end-plan-rule.route.ts';
import { listPlanRulesRoute } from '../payments/list-plan-rules.route.ts';
import { listPlansRoute } from '../payments/list-plans.route.ts';
import { payPlanRoute } from '../payments/pay-plan.route.ts';
import { readPlanRoute } from '../payments/read-plan.route.ts';
import { readSellerPlanRoute } from '../payments/read-seller-plan.route.ts';
import { takePlanPaymentRoute } from '../payments/take-plan-payment.route.ts';
import { openPaymentPageRoute } from '../payments/open-payment-page.route.ts';
import { receiveStripeEventRoute } from '../payments/receive-stripe-event.route.ts';
import { openOrderRoute } from '../orders/open-order.route.ts';
import { readTransactionRoute } from '../orders/read-transaction.route.ts';
import { readTimelineRoute } from '../progress/read-timeline.route.ts';
import { streamTransactionRoute } from '../progress/stream-transaction.route.ts';
import type { Pool } from '../db/pool.ts';
import type { PaymentProvider } from '../payments/payment-provider.ts';
import type { GoogleWallet } from '../fulfilment/google-pass.ts';
import type { App } from './app.ts';
import { guardRoutes } from './guard.ts';
import { readHealthRoute } from './read-health.route.ts';
import { readMetricsRoute } from './read-metrics.route.ts';
import { readProblemRoute } from './read-problem.route.ts';
import { shedLoad } from './shed-load.ts';
import { mountStaffRoutes, type DepsOf, type StaffRouteDeps } from './staff-routes.ts';

/** Mounts every route; the composition root gives each what it needs. */
export function mountRoutes(app: App, deps: RouteDeps): void {
  guardRoutes(app, deps.authenticate);
  shedLoad(app, deps.isSaturated);
  mountReadings(app, deps);
  readProblemRoute(app);

  listEventsRoute(app, deps);
  readEventRoute(app, deps);
  readSeatsRoute(app, deps);
  readAvailabilityRoute(app, deps);
  streamAvailabilityRoute(app, deps);

  placeHoldRoute(app, deps);
  readHoldRoute(app, deps);
  changeHoldRoute(app, deps);
  extendHoldRoute(app, deps);
  releaseHoldRoute(app, deps);

  confirmSaleRoute(app, deps);
  readTransactionRoute(app, deps);
  openOrderRoute(app, deps);
  streamTransactionRoute(app, deps);
  readTimelineRoute(app, deps);
  openPaymentPageRoute(app, deps);
  giveUpPaymentRoute(app, deps);
  listPaymentsRoute(app, deps);
  decidePaymentRoute(app, deps);
  importBankFileRoute(app, deps);
  listExchangeRatesRoute(app, deps);
  recordExchangeRateRoute(app, deps);
  if (deps.stripe) receiveStripeEventRoute(app, { ...deps, stripe: deps.stripe });
  readTicketsRoute(app, deps);
  readCalendarRoute(app, deps);
  readApplePassRoute(app, deps);
  if (deps.googleWallet) openGooglePassRoute(app, { ...deps, googleWallet: deps.googleWallet });
  listTicketKeysRoute(app, deps);
  if (deps.outbox) readOutboxRoute(app, deps);
  mountTickets(app, deps);
  mountCallbacks(app, deps);
  mountPlans(app, deps);
  mountStaffRoutes(app, deps);
}

/** Orders that are paid over time. */
function mountPlans(app: App, deps: RouteDeps): void {
  addPlanRuleRoute(app, deps);
  cancelPlanRoute(app, deps);
  endPlanRuleRoute(app, deps);
  listPlanRulesRoute(app, deps);
  listPlansRoute(app, deps);
  payPlanRoute(app, deps);
  readPlanRoute(app, deps);
  readSellerPlanRoute(app, deps);
  takePlanPaymentRoute(app, deps);
}

/** What becomes of tickets after the sale. */
function mountTickets(app: App, deps: RouteDeps): void {
  reissueTicketRoute(app, deps);
  reissueSoldTicketRoute(app, deps);
  listRevokedCodesRoute(app, deps);
  offerTicketRoute(app, deps);
  withdrawTransferRoute(app, deps);
  openOfferRoute(app, deps);
  readTransferRoute(app, deps);
  acceptTransferRoute(app, deps);
  listTicketsRoute(app, deps);
  saveTicketTermsRoute(app, deps);

  registerPassRoute(app, deps);
  unregisterPassRoute(app, deps);
  listChangedPassesRoute(app, deps);
  readLatestPassRoute(app, deps);
  logPassFaultsRoute(app);
}

/** What providers tell us: only of those that are configured. */
function mountCallbacks(app: App, { callbacks, pool, clock, publicUrl }: RouteDeps): void {
  const { twilioAuthToken, metaAppSecret, metaVerifyToken } = callbacks;
  if (twilioAuthToken !== undefined) {
    receiveTwilioStatusRoute(app, { pool, publicUrl, twilioAuthToken });
    receiveTwilioMessageRoute(app, { pool, clock, publicUrl, twilioAuthToken });
  }
  if (metaAppSecret === undefined || metaVerifyToken === undefined) return;
  receiveMetaStatusRoute(app, { pool, clock, metaAppSecret });
  verifyMetaCallbackRoute(app, { metaVerifyToken });
}

type CallbackSecrets = Record<'twilioAuthToken' | 'metaAppSecret' | 'metaVerifyToken', string | undefined>;

/** What the readings of a process are made from. */
export type ReadingsDeps = DepsOf<typeof readHealthRoute> & DepsOf<typeof readMetricsRoute>;

/** Mounts what a process says of itself: all that one without an API has. */
export function mountReadings(app: App, deps: ReadingsDeps): void {
  readHealthRoute(app, deps);
  readMetricsRoute(app, deps);
}

/** What the routes are built from. */
export type RouteDeps = {
  outbox: boolean;
  callbacks: CallbackSecrets;
  pool: Pool;
  googleWallet: GoogleWallet | undefined;
  stripe: PaymentProvider | undefined;
  authenticate: Authenticate;
  isSaturated(this: void): boolean;
} & ReadingsDeps &
  StaffRouteDeps &
  DepsOf<typeof listEventsRoute> &
  DepsOf<typeof readEventRoute> &
  DepsOf<typeof readSeatsRoute> &
  DepsOf<typeof readAvailabilityRoute> &
  DepsOf<typeof streamAvailabilityRoute> &
  DepsOf<typeof placeHoldRoute> &
  DepsOf<typeof releaseHoldRoute> &
  DepsOf<typeof confirmSaleRoute> &
  DepsOf<typeof readTransactionRoute> &
  DepsOf<typeof streamTransactionRoute> &
  DepsOf<typeof readTicketsRoute> &
  DepsOf<typeof readCalendarRoute> &
  DepsOf<typeof readApplePassRoute> &
  Omit<DepsOf<typeof openGooglePassRoute>, 'googleWallet'> &
  DepsOf<typeof openPaymentPageRoute> &
  Omit<DepsOf<typeof receiveStripeEventRoute>, 'stripe'> &
  DepsOf<typeof payPlanRoute> &
  DepsOf<typeof listTicketKeysRoute> &
  DepsOf<typeof readOutboxRoute>;
