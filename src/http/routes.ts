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
import { offerSoldTicketRoute } from '../admission/offer-sold-ticket.route.ts';
import { offerTicketRoute } from '../admission/offer-ticket.route.ts';
import { readTransferRoute } from '../admission/read-transfer.route.ts';
import { reissueSoldTicketRoute } from '../admission/reissue-sold-ticket.route.ts';
import { reissueTicketRoute } from '../admission/reissue-ticket.route.ts';
import { withdrawTransferRoute } from '../admission/withdraw-transfer.route.ts';
import { proveFiscalRoute } from '../audit/prove-fiscal.route.ts';
import { exchangeSaleRoute } from '../cancellation/exchange-sale.route.ts';
import { listEventRefundsRoute } from '../cancellation/list-event-refunds.route.ts';
import { listRefundsRoute } from '../cancellation/list-refunds.route.ts';
import { payBackRefundRoute } from '../cancellation/pay-back-refund.route.ts';
import { refundSaleRoute } from '../cancellation/refund-sale.route.ts';
import { resumeEventRefundsRoute } from '../cancellation/resume-event-refunds.route.ts';
import { startEventRefundsRoute } from '../cancellation/start-event-refunds.route.ts';
import { cancelEventRoute } from '../catalog/cancel-event.route.ts';
import { listEventsRoute } from '../catalog/list-events.route.ts';
import { moveEventRoute } from '../catalog/move-event.route.ts';
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
import { addTillRoute } from '../fiscal/add-till.route.ts';
import { changePointRoute } from '../fiscal/change-point.route.ts';
import { closeDayRoute } from '../fiscal/close-day.route.ts';
import { closeShiftRoute } from '../fiscal/close-shift.route.ts';
import { listDaysRoute } from '../fiscal/list-days.route.ts';
import { listPointsRoute } from '../fiscal/list-points.route.ts';
import { listShiftsRoute } from '../fiscal/list-shifts.route.ts';
import { openDayRoute } from '../fiscal/open-day.route.ts';
import { openShiftRoute } from '../fiscal/open-shift.route.ts';
import { readDayRoute } from '../fiscal/read-day.route.ts';
import { readShiftRoute } from '../fiscal/read-shift.route.ts';
import { exportFiscalRoute } from '../fiscal/export-fiscal.route.ts';
import { readFiscalIdentityRoute } from '../fiscal/read-fiscal-identity.route.ts';
import { readXRoute } from '../fiscal/read-x.route.ts';
import { saveFiscalIdentityRoute } from '../fiscal/save-fiscal-identity.route.ts';
import { printDocumentRoute } from '../fiscal/print-document.route.ts';
import { readDocumentRoute } from '../fiscal/read-document.route.ts';
import { readReceiptRoute } from '../fiscal/read-receipt.route.ts';
import { listFiscalBlocksRoute } from '../fiscal/list-fiscal-blocks.route.ts';
import { voidFiscalBlockRoute } from '../fiscal/void-fiscal-block.route.ts';
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
import { receiveTwilioStatusRoute } from '../notifications/receive-twilio-status.route.ts';
import { verifyMetaCallbackRoute } from '../notifications/verify-meta-callback.route.ts';
import type { Authenticate } from '../identity/authenticator.ts';
import { acceptInvitationRoute } from '../identity/accept-invitation.route.ts';
import { changePasswordRoute } from '../identity/change-password.route.ts';
import { changeStaffRoute } from '../identity/change-staff.route.ts';
import { createApiKeyRoute } from '../identity/create-api-key.route.ts';
import { cutOffDeviceRoute } from '../identity/cut-off-device.route.ts';
import { disableTwoFactorRoute } from '../identity/disable-two-factor.route.ts';
import { enrolDeviceRoute } from '../identity/enrol-device.route.ts';
import { enrolTwoFactorRoute } from '../identity/enrol-two-factor.route.ts';
import { inviteStaffRoute } from '../identity/invite-staff.route.ts';
import { listApiKeysRoute } from '../identity/list-api-keys.route.ts';
import { listAuditLogRoute } from '../identity/list-audit-log.route.ts';
import { listDevicesRoute } from '../identity/list-devices.route.ts';
import { listInvitationsRoute } from '../identity/list-invitations.route.ts';
import { listSessionsRoute } from '../identity/list-sessions.route.ts';
import { listStaffRoute } from '../identity/list-staff.route.ts';
import { readInvitationRoute } from '../identity/read-invitation.route.ts';
import { readSessionRoute } from '../identity/read-session.route.ts';
import { registerDeviceRoute } from '../identity/register-device.route.ts';
import { renewBackupCodesRoute } from '../identity/renew-backup-codes.route.ts';
import { renewEnrolmentCodeRoute } from '../identity/renew-enrolment-code.route.ts';
import { revokeApiKeyRoute } from '../identity/revoke-api-key.route.ts';
import { revokeInvitationRoute } from '../identity/revoke-invitation.route.ts';
import { revokeSessionsRoute } from '../identity/revoke-sessions.route.ts';
import { signInRoute } from '../identity/sign-in.route.ts';
import { signOutRoute } from '../identity/sign-out.route.ts';
import { verifyTwoFactorRoute } from '../identity/verify-two-factor.route.ts';
import { changeMessageSettingsRoute } from '../notifications/change-message-settings.route.ts';
import { listMessagesRoute } from '../notifications/list-messages.route.ts';
import { readMessageSettingsRoute } from '../notifications/read-message-settings.route.ts';
import { readMessageRoute } from '../notifications/read-message.route.ts';
import { replayFailedMessagesRoute } from '../notifications/replay-failed-messages.route.ts';
import { replayMessageRoute } from '../notifications/replay-message.route.ts';
import { resendTicketsRoute } from '../notifications/resend-tickets.route.ts';
import { readOutboxRoute } from '../notifications/read-outbox.route.ts';
import { giveUpPaymentRoute } from '../payments/give-up-payment.route.ts';
import { decidePaymentRoute } from '../payments/decide-payment.route.ts';
import { importBankFileRoute } from '../payments/import-bank-file.route.ts';
import { listExchangeRatesRoute } from '../payments/list-exchange-rates.route.ts';
import { listPaymentsRoute } from '../payments/list-payments.route.ts';
import { recordExchangeRateRoute } from '../payments/record-exchange-rate.route.ts';
import { openPaymentPageRoute } from '../payments/open-payment-page.route.ts';
import { receiveStripeEventRoute } from '../payments/receive-stripe-event.route.ts';
import { addSaleNoteRoute } from '../orders/add-sale-note.route.ts';
import { exportSalesRoute } from '../orders/export-sales.route.ts';
import { listSalesRoute } from '../orders/list-sales.route.ts';
import { readSellerSaleRoute } from '../orders/read-seller-sale.route.ts';
import { readBulkActionRoute } from '../bulk/read-bulk-action.route.ts';
import { resumeBulkActionRoute } from '../bulk/resume-bulk-action.route.ts';
import { startBulkActionRoute } from '../bulk/start-bulk-action.route.ts';
import { streamChangesRoute } from '../progress/stream-changes.route.ts';
import { readServiceLevelsRoute } from '../telemetry/read-service-levels.route.ts';
import { openOrderRoute } from '../orders/open-order.route.ts';
import { readTransactionRoute } from '../orders/read-transaction.route.ts';
import { readSaleTimelineRoute } from '../progress/read-sale-timeline.route.ts';
import { readTimelineRoute } from '../progress/read-timeline.route.ts';
import { streamTransactionRoute } from '../progress/stream-transaction.route.ts';
import { compareEventsRoute } from '../reporting/compare-events.route.ts';
import { readConversionRoute } from '../reporting/read-conversion.route.ts';
import { listEventReportsRoute } from '../reporting/list-event-reports.route.ts';
import { readEventReportRoute } from '../reporting/read-event-report.route.ts';
import { changeVoucherRoute } from '../pricing/change-voucher.route.ts';
import { createVoucherRoute } from '../pricing/create-voucher.route.ts';
import { listVouchersRoute } from '../pricing/list-vouchers.route.ts';
import { previewQuoteRoute } from '../pricing/preview-quote.route.ts';
import { readPriceListRoute } from '../pricing/read-price-list.route.ts';
import { savePriceListRoute } from '../pricing/save-price-list.route.ts';
import { addTaxRoute } from '../tax/add-tax.route.ts';
import { endTaxRoute } from '../tax/end-tax.route.ts';
import { listTaxesRoute } from '../tax/list-taxes.route.ts';
import { saveTaxRoundingRoute } from '../tax/save-tax-rounding.route.ts';
import { endTillLeaseRoute } from '../tills/end-till-lease.route.ts';
import { leaseTillRoute } from '../tills/lease-till.route.ts';
import { listTillConflictsRoute } from '../tills/list-till-conflicts.route.ts';
import { readTillRoute } from '../tills/read-till.route.ts';
import { resolveTillConflictRoute } from '../tills/resolve-till-conflict.route.ts';
import { syncTillRoute } from '../tills/sync-till.route.ts';
import { listAnnouncementsRoute } from '../notifications/list-announcements.route.ts';
import { endRemindersRoute } from '../notifications/end-reminders.route.ts';
import { listTemplatesRoute } from '../notifications/list-templates.route.ts';
import { previewTemplateRoute } from '../notifications/preview-template.route.ts';
import { readBrandRoute } from '../notifications/read-brand.route.ts';
import { readTemplateRoute } from '../notifications/read-template.route.ts';
import { resetTemplateRoute } from '../notifications/reset-template.route.ts';
import { saveBrandRoute } from '../notifications/save-brand.route.ts';
import { saveTemplateRoute } from '../notifications/save-template.route.ts';
import { changeWebhookEndpointRoute } from '../webhooks/change-webhook-endpoint.route.ts';
import { createWebhookEndpointRoute } from '../webhooks/create-webhook-endpoint.route.ts';
import { deleteWebhookEndpointRoute } from '../webhooks/delete-webhook-endpoint.route.ts';
import { listWebhookDeliveriesRoute } from '../webhooks/list-webhook-deliveries.route.ts';
import { listWebhookEndpointsRoute } from '../webhooks/list-webhook-endpoints.route.ts';
import { readWebhookDeliveryRoute } from '../webhooks/read-webhook-delivery.route.ts';
import { readWebhookEndpointRoute } from '../webhooks/read-webhook-endpoint.route.ts';
import { replayWebhookDeliveryRoute } from '../webhooks/replay-webhook-delivery.route.ts';
import { rotateWebhookSecretRoute } from '../webhooks/rotate-webhook-secret.route.ts';
import { testWebhookEndpointRoute } from '../webhooks/test-webhook-endpoint.route.ts';
import type { Pool } from '../db/pool.ts';
import type { PaymentProvider } from '../payments/payment-provider.ts';
import type { GoogleWallet } from '../fulfilment/google-pass.ts';
import type { App } from './app.ts';
import { guardRoutes } from './guard.ts';
import { readHealthRoute } from './read-health.route.ts';
import { readMetricsRoute } from './read-metrics.route.ts';
import { readProblemRoute } from './read-problem.route.ts';
import { shedLoad } from './shed-load.ts';

/** Mounts every route; the composition root gives each what it needs. */
export function mountRoutes(app: App, deps: RouteDeps): void {
  guardRoutes(app, deps.authenticate);
  shedLoad(app, deps.isSaturated);
  readHealthRoute(app, deps);
  readMetricsRoute(app, deps);
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
  mountMessages(app, deps);
  mountIdentity(app, deps);
  mountAnnouncements(app, deps);
  mountWebhooks(app, deps);
  mountReports(app, deps);
  mountSalesDesk(app, deps);
  mountFiscal(app, deps);
  mountUndoing(app, deps);
  mountPrices(app, deps);
  mountTills(app, deps);
}

/** Where documents are issued, in which days and shifts, and what came of it. */
function mountFiscal(app: App, deps: RouteDeps): void {
  listFiscalBlocksRoute(app, deps);
  voidFiscalBlockRoute(app, deps);
  readFiscalIdentityRoute(app, deps);
  saveFiscalIdentityRoute(app, deps);
  proveFiscalRoute(app, deps);
  exportFiscalRoute(app, deps);
  readDocumentRoute(app, deps);
  printDocumentRoute(app, deps);
  readReceiptRoute(app, deps);
  listPointsRoute(app, deps);
  addTillRoute(app, deps);
  changePointRoute(app, deps);
  openDayRoute(app, deps);
  listDaysRoute(app, deps);
  readXRoute(app, deps);
  readDayRoute(app, deps);
  closeDayRoute(app, deps);
  openShiftRoute(app, deps);
  listShiftsRoute(app, deps);
  readShiftRoute(app, deps);
  closeShiftRoute(app, deps);
}

/** How what was sold is undone. */
function mountUndoing(app: App, deps: RouteDeps): void {
  refundSaleRoute(app, deps);
  listRefundsRoute(app, deps);
  payBackRefundRoute(app, deps);
  exchangeSaleRoute(app, deps);
  startEventRefundsRoute(app, deps);
  listEventRefundsRoute(app, deps);
  resumeEventRefundsRoute(app, deps);
}

/** Tills that sell without a network. */
function mountTills(app: App, deps: RouteDeps): void {
  readTillRoute(app, deps);
  leaseTillRoute(app, deps);
  syncTillRoute(app, deps);
  endTillLeaseRoute(app, deps);
  listTillConflictsRoute(app, deps);
  resolveTillConflictRoute(app, deps);
}

/** What staff see and do of the messages to buyers. */
function mountMessages(app: App, deps: RouteDeps): void {
  listMessagesRoute(app, deps);
  readMessageRoute(app, deps);
  replayMessageRoute(app, deps);
  replayFailedMessagesRoute(app, deps);
  resendTicketsRoute(app, deps);
  readSaleTimelineRoute(app, deps);
  readMessageSettingsRoute(app, deps);
  changeMessageSettingsRoute(app, deps);
}

/** What becomes of tickets after the sale. */
function mountTickets(app: App, deps: RouteDeps): void {
  reissueTicketRoute(app, deps);
  reissueSoldTicketRoute(app, deps);
  listRevokedCodesRoute(app, deps);
  offerTicketRoute(app, deps);
  offerSoldTicketRoute(app, deps);
  withdrawTransferRoute(app, deps);
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

function mountIdentity(app: App, deps: RouteDeps): void {
  signInRoute(app, deps);
  signOutRoute(app, deps);
  readSessionRoute(app, deps);
  listSessionsRoute(app, deps);
  revokeSessionsRoute(app, deps);
  changePasswordRoute(app, deps);
  enrolTwoFactorRoute(app, deps);
  verifyTwoFactorRoute(app, deps);
  disableTwoFactorRoute(app, deps);
  renewBackupCodesRoute(app, deps);
  readInvitationRoute(app, deps);
  acceptInvitationRoute(app, deps);

  listStaffRoute(app, deps);
  changeStaffRoute(app, deps);
  listInvitationsRoute(app, deps);
  inviteStaffRoute(app, deps);
  revokeInvitationRoute(app, deps);
  listApiKeysRoute(app, deps);
  createApiKeyRoute(app, deps);
  revokeApiKeyRoute(app, deps);
  listDevicesRoute(app, deps);
  registerDeviceRoute(app, deps);
  renewEnrolmentCodeRoute(app, deps);
  cutOffDeviceRoute(app, deps);
  enrolDeviceRoute(app, deps);
  listAuditLogRoute(app, deps);
}

function mountReports(app: App, deps: RouteDeps): void {
  listEventReportsRoute(app, deps);
  readEventReportRoute(app, deps);
  readConversionRoute(app, deps);
  compareEventsRoute(app, deps);
  readServiceLevelsRoute(app, deps);
}

/** How staff find sales and work on them. */
function mountSalesDesk(app: App, deps: RouteDeps): void {
  listSalesRoute(app, deps);
  exportSalesRoute(app, deps);
  readSellerSaleRoute(app, deps);
  addSaleNoteRoute(app, deps);
  startBulkActionRoute(app, deps);
  readBulkActionRoute(app, deps);
  resumeBulkActionRoute(app, deps);
  streamChangesRoute(app, deps);
}

/** What sellers ask for their tickets, and the taxes on it. */
function mountPrices(app: App, deps: RouteDeps): void {
  readPriceListRoute(app, deps);
  savePriceListRoute(app, deps);
  previewQuoteRoute(app, deps);
  listVouchersRoute(app, deps);
  createVoucherRoute(app, deps);
  changeVoucherRoute(app, deps);
  listTaxesRoute(app, deps);
  addTaxRoute(app, deps);
  endTaxRoute(app, deps);
  saveTaxRoundingRoute(app, deps);
}

/** What sellers say to all buyers of an event, and in which words. */
function mountAnnouncements(app: App, deps: RouteDeps): void {
  moveEventRoute(app, deps);
  cancelEventRoute(app, deps);
  listAnnouncementsRoute(app, deps);
  endRemindersRoute(app, deps);
  listTemplatesRoute(app, deps);
  readTemplateRoute(app, deps);
  saveTemplateRoute(app, deps);
  resetTemplateRoute(app, deps);
  previewTemplateRoute(app, deps);
  readBrandRoute(app, deps);
  saveBrandRoute(app, deps);
}

function mountWebhooks(app: App, deps: RouteDeps): void {
  listWebhookEndpointsRoute(app, deps);
  createWebhookEndpointRoute(app, deps);
  readWebhookEndpointRoute(app, deps);
  changeWebhookEndpointRoute(app, deps);
  deleteWebhookEndpointRoute(app, deps);
  rotateWebhookSecretRoute(app, deps);
  testWebhookEndpointRoute(app, deps);
  listWebhookDeliveriesRoute(app, deps);
  readWebhookDeliveryRoute(app, deps);
  replayWebhookDeliveryRoute(app, deps);
}

/** What providers tell us: only of those that are configured. */
function mountCallbacks(app: App, { callbacks, pool, publicUrl }: RouteDeps): void {
  const { twilioAuthToken, metaAppSecret, metaVerifyToken } = callbacks;
  if (twilioAuthToken !== undefined) receiveTwilioStatusRoute(app, { pool, publicUrl, twilioAuthToken });
  if (metaAppSecret === undefined || metaVerifyToken === undefined) return;
  receiveMetaStatusRoute(app, { pool, metaAppSecret });
  verifyMetaCallbackRoute(app, { metaVerifyToken });
}

type CallbackSecrets = Record<'twilioAuthToken' | 'metaAppSecret' | 'metaVerifyToken', string | undefined>;

type DepsOf<R extends (app: App, deps: never) => void> = Parameters<R>[1];

/** What the routes are built from. */
export type RouteDeps = {
  outbox: boolean;
  callbacks: CallbackSecrets;
  pool: Pool;
  googleWallet: GoogleWallet | undefined;
  stripe: PaymentProvider | undefined;
  authenticate: Authenticate;
  isSaturated(this: void): boolean;
} & DepsOf<typeof readHealthRoute> &
  DepsOf<typeof readMetricsRoute> &
  DepsOf<typeof listEventsRoute> &
  DepsOf<typeof readEventRoute> &
  DepsOf<typeof readSeatsRoute> &
  DepsOf<typeof readAvailabilityRoute> &
  DepsOf<typeof streamAvailabilityRoute> &
  DepsOf<typeof placeHoldRoute> &
  DepsOf<typeof releaseHoldRoute> &
  DepsOf<typeof confirmSaleRoute> &
  DepsOf<typeof refundSaleRoute> &
  DepsOf<typeof exchangeSaleRoute> &
  DepsOf<typeof readTransactionRoute> &
  DepsOf<typeof streamTransactionRoute> &
  DepsOf<typeof readTicketsRoute> &
  DepsOf<typeof readCalendarRoute> &
  DepsOf<typeof readApplePassRoute> &
  Omit<DepsOf<typeof openGooglePassRoute>, 'googleWallet'> &
  DepsOf<typeof openPaymentPageRoute> &
  Omit<DepsOf<typeof receiveStripeEventRoute>, 'stripe'> &
  DepsOf<typeof listTicketKeysRoute> &
  DepsOf<typeof readOutboxRoute> &
  DepsOf<typeof acceptInvitationRoute> &
  DepsOf<typeof inviteStaffRoute> &
  DepsOf<typeof leaseTillRoute> &
  DepsOf<typeof streamChangesRoute> &
  DepsOf<typeof createWebhookEndpointRoute>;
