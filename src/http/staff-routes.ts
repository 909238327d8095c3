// The routes of those who sell: what staff, tills, scanners and API keys ask. routes.ts tells how a route is written.
import { offerSoldTicketRoute } from '../admission/offer-sold-ticket.route.ts';
import { replayFailedMessagesRoute } from '../notifications/replay-failed-messages.route.ts';
import { addSaleNoteRoute } from '../orders/add-sale-note.route.ts';
import { exportSalesRoute } from '../orders/export-sales.route.ts';
import { listSalesRoute } from '../orders/list-sales.route.ts';
import { readSellerSaleRoute } from '../orders/read-seller-sale.route.ts';
import { readBulkActionRoute } from '../bulk/read-bulk-action.route.ts';
import { resumeBulkActionRoute } from '../bulk/resume-bulk-action.route.ts';
import { startBulkActionRoute } from '../bulk/start-bulk-action.route.ts';
import { streamChangesRoute } from '../progress/stream-changes.route.ts';
import { readServiceLevelsRoute } from '../reporting/read-service-levels.route.ts';
import { compareEventsRoute } from '../reporting/compare-events.route.ts';
import { readConversionRoute } from '../reporting/read-conversion.route.ts';
import { createEventRoute } from '../catalog/create-event.route.ts';
import { listSellerEventsRoute } from '../catalog/list-seller-events.route.ts';
import { readSellerSeatsRoute } from '../catalog/read-seller-seats.route.ts';
import { readSellerEventRoute } from '../catalog/read-seller-event.route.ts';
import { changeEventRoute } from '../catalog/change-event.route.ts';
import { duplicateEventRoute } from '../catalog/duplicate-event.route.ts';
import { repeatEventRoute } from '../catalog/repeat-event.route.ts';
import { previewDatesRoute } from '../catalog/preview-dates.route.ts';
import { readReadinessRoute } from '../catalog/read-readiness.route.ts';
import { publishEventRoute } from '../catalog/publish-event.route.ts';
import { withdrawEventRoute } from '../catalog/withdraw-event.route.ts';
import { setEventPlanRoute } from '../catalog/set-event-plan.route.ts';
import { listVenuesRoute } from '../catalog/list-venues.route.ts';
import { readVenueRoute } from '../catalog/read-venue.route.ts';
import { createVenueRoute } from '../catalog/create-venue.route.ts';
import { changeVenueRoute } from '../catalog/change-venue.route.ts';
import { listSeatPlansRoute } from '../catalog/list-seat-plans.route.ts';
import { readSeatPlanRoute } from '../catalog/read-seat-plan.route.ts';
import { createSeatPlanRoute } from '../catalog/create-seat-plan.route.ts';
import { saveSeatPlanRoute } from '../catalog/save-seat-plan.route.ts';
import { previewPlanFileRoute } from '../catalog/preview-plan-file.route.ts';
import { uploadImageRoute } from '../catalog/upload-image.route.ts';
import { readImageRoute } from '../catalog/read-image.route.ts';
import { createSellerRoute } from '../catalog/create-seller.route.ts';
import { proveFiscalRoute } from '../audit/prove-fiscal.route.ts';
import { exportFiscalRoute } from '../fiscal/export-fiscal.route.ts';
import { readFiscalIdentityRoute } from '../fiscal/read-fiscal-identity.route.ts';
import { listDoorEventsRoute } from '../admission/list-door-events.route.ts';
import { readDoorRoute } from '../admission/read-door.route.ts';
import { saveDoorRoute } from '../admission/save-door.route.ts';
import { recordScanRoute } from '../admission/record-scan.route.ts';
import { uploadScansRoute } from '../admission/upload-scans.route.ts';
import { undoScanRoute } from '../admission/undo-scan.route.ts';
import { listScansRoute } from '../admission/list-scans.route.ts';
import { readDoorListRoute } from '../admission/read-door-list.route.ts';
import { searchTicketsRoute } from '../admission/search-tickets.route.ts';
import { readAttendanceRoute } from '../admission/read-attendance.route.ts';
import { streamAttendanceRoute } from '../admission/stream-attendance.route.ts';
import { exchangeSaleRoute } from '../cancellation/exchange-sale.route.ts';
import { listEventRefundsRoute } from '../cancellation/list-event-refunds.route.ts';
import { listRefundsRoute } from '../cancellation/list-refunds.route.ts';
import { payBackRefundRoute } from '../cancellation/pay-back-refund.route.ts';
import { refundSaleRoute } from '../cancellation/refund-sale.route.ts';
import { resumeEventRefundsRoute } from '../cancellation/resume-event-refunds.route.ts';
import { startEventRefundsRoute } from '../cancellation/start-event-refunds.route.ts';
import { cancelEventRoute } from '../catalog/cancel-event.route.ts';
import { moveEventRoute } from '../catalog/move-event.route.ts';
import { addTillRoute } from '../fiscal/add-till.route.ts';
import { changePointRoute } from '../fiscal/change-point.route.ts';
import { closeDayRoute } from '../fiscal/close-day.route.ts';
import { closeShiftRoute } from '../fiscal/close-shift.route.ts';
import { listDaysRoute } from '../fiscal/list-days.route.ts';
import { listPointsRoute } from '../fiscal/list-points.route.ts';
import { listShiftsRoute } from '../fiscal/list-shifts.route.ts';
import { moveCashRoute } from '../fiscal/move-cash.route.ts';
import { openDayRoute } from '../fiscal/open-day.route.ts';
import { openShiftRoute } from '../fiscal/open-shift.route.ts';
import { readDayRoute } from '../fiscal/read-day.route.ts';
import { readShiftRoute } from '../fiscal/read-shift.route.ts';
import { readXRoute } from '../fiscal/read-x.route.ts';
import { saveFiscalIdentityRoute } from '../fiscal/save-fiscal-identity.route.ts';
import { printDocumentRoute } from '../fiscal/print-document.route.ts';
import { readDocumentRoute } from '../fiscal/read-document.route.ts';
import { readReceiptRoute } from '../fiscal/read-receipt.route.ts';
import { listFiscalBlocksRoute } from '../fiscal/list-fiscal-blocks.route.ts';
import { voidFiscalBlockRoute } from '../fiscal/void-fiscal-block.route.ts';
import { acceptInvitationRoute } from '../identity/accept-invitation.route.ts';
import { changePasswordRoute } from '../identity/change-password.route.ts';
import { completePasswordResetRoute } from '../identity/complete-password-reset.route.ts';
import { requestPasswordResetRoute } from '../identity/request-password-reset.route.ts';
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
import { replayMessageRoute } from '../notifications/replay-message.route.ts';
import { resendTicketsRoute } from '../notifications/resend-tickets.route.ts';
import { readSaleTimelineRoute } from '../progress/read-sale-timeline.route.ts';
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
import { readLogoRoute } from '../notifications/read-logo.route.ts';
import { saveLogoRoute } from '../notifications/save-logo.route.ts';
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
import type { App } from './app.ts';

/** Mounts them. */
export function mountStaffRoutes(app: App, deps: StaffRouteDeps): void {
  mountMessages(app, deps);
  mountIdentity(app, deps);
  mountAnnouncements(app, deps);
  mountWebhooks(app, deps);
  mountReports(app, deps);
  mountFiscal(app, deps);
  mountUndoing(app, deps);
  mountPrices(app, deps);
  mountTills(app, deps);
  mountDoor(app, deps);
  mountCatalogEditing(app, deps);
  mountSalesDesk(app, deps);
}

/** Where documents are issued, in which days and shifts, and what came of it. */
function mountFiscal(app: App, deps: StaffRouteDeps): void {
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
  moveCashRoute(app, deps);
  closeShiftRoute(app, deps);
}

/** How what was sold is undone. */
function mountUndoing(app: App, deps: StaffRouteDeps): void {
  refundSaleRoute(app, deps);
  listRefundsRoute(app, deps);
  payBackRefundRoute(app, deps);
  exchangeSaleRoute(app, deps);
  startEventRefundsRoute(app, deps);
  listEventRefundsRoute(app, deps);
  resumeEventRefundsRoute(app, deps);
}

/** Who comes in. */
function mountDoor(app: App, deps: StaffRouteDeps): void {
  listDoorEventsRoute(app, deps);
  readDoorRoute(app, deps);
  saveDoorRoute(app, deps);
  recordScanRoute(app, deps);
  uploadScansRoute(app, deps);
  undoScanRoute(app, deps);
  listScansRoute(app, deps);
  readDoorListRoute(app, deps);
  searchTicketsRoute(app, deps);
  readAttendanceRoute(app, deps);
  streamAttendanceRoute(app, deps);
}

/** Tills that sell without a network. */
function mountTills(app: App, deps: StaffRouteDeps): void {
  readTillRoute(app, deps);
  leaseTillRoute(app, deps);
  syncTillRoute(app, deps);
  endTillLeaseRoute(app, deps);
  listTillConflictsRoute(app, deps);
  resolveTillConflictRoute(app, deps);
}

function mountIdentity(app: App, deps: StaffRouteDeps): void {
  signInRoute(app, deps);
  signOutRoute(app, deps);
  readSessionRoute(app, deps);
  listSessionsRoute(app, deps);
  revokeSessionsRoute(app, deps);
  changePasswordRoute(app, deps);
  requestPasswordResetRoute(app, deps);
  completePasswordResetRoute(app, deps);
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

function mountReports(app: App, deps: StaffRouteDeps): void {
  listEventReportsRoute(app, deps);
  readEventReportRoute(app, deps);
}

/** What sellers ask for their tickets, and the taxes on it. */
function mountPrices(app: App, deps: StaffRouteDeps): void {
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
function mountAnnouncements(app: App, deps: StaffRouteDeps): void {
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
  saveLogoRoute(app, deps);
  readLogoRoute(app, deps);
}

function mountWebhooks(app: App, deps: StaffRouteDeps): void {
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

/** What staff see and do of the messages to buyers. */
function mountMessages(app: App, deps: StaffRouteDeps): void {
  listMessagesRoute(app, deps);
  readMessageRoute(app, deps);
  replayMessageRoute(app, deps);
  resendTicketsRoute(app, deps);
  readSaleTimelineRoute(app, deps);
  readMessageSettingsRoute(app, deps);
  changeMessageSettingsRoute(app, deps);
}

/** How sellers, venues, plans and events come to be. */
function mountCatalogEditing(app: App, deps: StaffRouteDeps): void {
  createEventRoute(app, deps);
  listSellerEventsRoute(app, deps);
  readSellerEventRoute(app, deps);
  readSellerSeatsRoute(app, deps);
  changeEventRoute(app, deps);
  duplicateEventRoute(app, deps);
  repeatEventRoute(app, deps);
  previewDatesRoute(app, deps);
  readReadinessRoute(app, deps);
  publishEventRoute(app, deps);
  withdrawEventRoute(app, deps);
  setEventPlanRoute(app, deps);
  listVenuesRoute(app, deps);
  readVenueRoute(app, deps);
  createVenueRoute(app, deps);
  changeVenueRoute(app, deps);
  listSeatPlansRoute(app, deps);
  readSeatPlanRoute(app, deps);
  createSeatPlanRoute(app, deps);
  saveSeatPlanRoute(app, deps);
  previewPlanFileRoute(app);
  uploadImageRoute(app, deps);
  readImageRoute(app, deps);
  createSellerRoute(app, deps);
}

/** How staff find sales and work on them, and what they watch. */
function mountSalesDesk(app: App, deps: StaffRouteDeps): void {
  listSalesRoute(app, deps);
  exportSalesRoute(app, deps);
  readSellerSaleRoute(app, deps);
  addSaleNoteRoute(app, deps);
  startBulkActionRoute(app, deps);
  readBulkActionRoute(app, deps);
  resumeBulkActionRoute(app, deps);
  streamChangesRoute(app, deps);
  replayFailedMessagesRoute(app, deps);
  offerSoldTicketRoute(app, deps);
  readConversionRoute(app, deps);
  compareEventsRoute(app, deps);
  readServiceLevelsRoute(app, deps);
}

/** What a route is built from. */
export type DepsOf<R extends (app: App, deps: never) => void> = Parameters<R>[1];

/** What these routes are built from. */
export type StaffRouteDeps = DepsOf<typeof streamAttendanceRoute> &
  DepsOf<typeof createSellerRoute> &
  DepsOf<typeof streamChangesRoute> &
  DepsOf<typeof refundSaleRoute> &
  DepsOf<typeof exchangeSaleRoute> &
  DepsOf<typeof acceptInvitationRoute> &
  DepsOf<typeof requestPasswordResetRoute> &
  DepsOf<typeof inviteStaffRoute> &
  DepsOf<typeof leaseTillRoute> &
  DepsOf<typeof createWebhookEndpointRoute>;
