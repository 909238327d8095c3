// The one list of the console's pages.
//
// To add a page:
// 1. Write `pages/<area>/XPage.svelte`. It takes `let { params }: PageProps = $props()` (lib/page.ts) and begins with
//    `<Title title={…} />` (ui/Title.svelte), which is its heading and the tab's name.
// 2. Put its words into `pages/<area>/texts.ts`, `export const texts = bothLanguages({…}, {…})` (lib/texts.ts), and read
//    them by `const t = $derived(texts[language.current])`. No words stand in the page itself: a test looks.
// 3. Add its line below: path, title, right, group of the navigation, and its dynamic import, which keeps it out of the
//    first page's script.
//
// What pages are made of:
// - api/client.ts: `api.get<T>(path)`, `post`, `put`, `patch`, `delete`; `callVersioned` with the ETag. `Refusal` has the
//   code, the field errors and the request_id; `NetworkFailure` means that nobody knows.
// - lib/session.svelte.ts: `session.seller` (id, currency, time_zone, rights), `session.may(right)` to show,
//   `session.mayChange(right)` to let press.
// - lib/loaded.svelte.ts and ui/Load.svelte: something that is read once or again, with loading and error.
// - lib/cursor-list.svelte.ts and ui/CursorTable.svelte: a list by cursor, a page at a time, however long it is.
// - lib/form.svelte.ts, ui/Form.svelte and ui/*Field.svelte: errors beside fields, drafts that outlive a reload, one
//   idempotency key for what is sent again, and both versions when somebody else changed the same thing.
// - ui/Dialog.svelte, ui/Confirm.svelte; lib/toasts.svelte.ts; ui/Plot.svelte (a plot with its table and CSV).
// - lib/format.ts: money in minor units, numbers, dates in the seller's zone.
// - lib/live.svelte.ts: `live(url, names, onEvent, poll)` follows a stream for as long as the page stands.
// - lib/router.svelte.ts: `paths.page(sellerId, 'staff')`, `router.go`, `router.setQuery` for filters in the address.
// - app.css: .card, .grid, .row, .actions, .button (.quiet, .danger), .badge (.good, .warn, .bad), .alert, .muted.
import type { Page } from './lib/page.ts';

export const pages: readonly Page[] = [
  {
    path: '',
    title: { es: 'Inicio', en: 'Home' },
    right: null,
    group: 'sell',
    load: () => import('./pages/home/HomePage.svelte'),
  },
  {
    path: 'sales',
    title: { es: 'Ventas', en: 'Sales' },
    right: 'sales.read',
    group: 'sell',
    load: () => import('./pages/sales/SalesPage.svelte'),
  },
  {
    path: 'sales/:sale_id',
    title: { es: 'Venta', en: 'Sale' },
    right: 'sales.read',
    load: () => import('./pages/sales/SalePage.svelte'),
  },
  {
    path: 'live',
    title: { es: 'En vivo', en: 'Live' },
    right: 'reports.read',
    group: 'sell',
    load: () => import('./pages/live/LivePage.svelte'),
  },
  {
    path: 'messages',
    title: { es: 'Mensajes', en: 'Messages' },
    right: 'messages.read',
    group: 'events',
    load: () => import('./pages/messages/MessagesPage.svelte'),
  },
  {
    path: 'templates',
    title: { es: 'Plantillas', en: 'Templates' },
    right: 'templates.read',
    group: 'events',
    load: () => import('./pages/messages/TemplatesPage.svelte'),
  },
  {
    path: 'service-levels',
    title: { es: 'Niveles de servicio', en: 'Service levels' },
    right: 'service_levels.read',
    group: 'settings',
    load: () => import('./pages/service/ServiceLevelsPage.svelte'),
  },
  {
    path: 'events',
    title: { es: 'Eventos', en: 'Events' },
    right: 'catalog.read',
    group: 'events',
    load: () => import('./pages/events/EventsPage.svelte'),
  },
  {
    path: 'events/new',
    title: { es: 'Nuevo evento', en: 'New event' },
    right: 'catalog.edit',
    load: () => import('./pages/events/NewEventPage.svelte'),
  },
  {
    path: 'events/:event',
    title: { es: 'Evento', en: 'Event' },
    right: 'catalog.read',
    load: () => import('./pages/events/EventPage.svelte'),
  },
  {
    path: 'events/:event/prices',
    title: { es: 'Precios', en: 'Prices' },
    right: 'catalog.read',
    load: () => import('./pages/prices/PricesPage.svelte'),
  },
  {
    path: 'plans',
    title: { es: 'Planos y salas', en: 'Plans and venues' },
    right: 'catalog.read',
    group: 'events',
    load: () => import('./pages/plans/PlansPage.svelte'),
  },
  {
    path: 'plans/new',
    title: { es: 'Nuevo plano', en: 'New plan' },
    right: 'catalog.edit',
    load: () => import('./pages/plans/PlanPage.svelte'),
  },
  {
    path: 'plans/:plan',
    title: { es: 'Plano', en: 'Plan' },
    right: 'catalog.read',
    load: () => import('./pages/plans/PlanPage.svelte'),
  },
  {
    path: 'box-office',
    title: { es: 'Taquilla', en: 'Box office' },
    right: 'sales.create',
    group: 'sell',
    fullScreen: true,
    load: () => import('./pages/box-office/BoxOfficePage.svelte'),
  },
  {
    path: 'fiscal',
    title: { es: 'Fiscal', en: 'Fiscal' },
    right: 'shifts.read',
    group: 'money',
    load: () => import('./pages/fiscal/FiscalPage.svelte'),
  },
  {
    path: 'fiscal/points/:point_id',
    title: { es: 'Punto de emisión', en: 'Point of issue' },
    right: 'shifts.read',
    load: () => import('./pages/fiscal/PointPage.svelte'),
  },
  {
    path: 'fiscal/points/:point_id/x',
    title: { es: 'Reporte X', en: 'X report' },
    right: 'shifts.read',
    load: () => import('./pages/fiscal/DayPage.svelte'),
  },
  {
    path: 'fiscal/points/:point_id/days/:day_id',
    title: { es: 'Reporte Z', en: 'Z report' },
    right: 'fiscal.read',
    load: () => import('./pages/fiscal/DayPage.svelte'),
  },
  {
    path: 'fiscal/points/:point_id/shifts/:shift_id',
    title: { es: 'Turno', en: 'Shift' },
    right: 'shifts.read',
    load: () => import('./pages/fiscal/ShiftPage.svelte'),
  },
  {
    path: 'fiscal/documents/:series_id/:number',
    title: { es: 'Documento fiscal', en: 'Fiscal document' },
    right: 'sales.read',
    load: () => import('./pages/fiscal/DocumentPage.svelte'),
  },
  {
    path: 'staff',
    title: { es: 'Personal', en: 'Staff' },
    right: 'staff.read',
    group: 'settings',
    load: () => import('./pages/staff/StaffPage.svelte'),
  },
  {
    path: 'devices',
    title: { es: 'Dispositivos', en: 'Devices' },
    right: 'devices.read',
    group: 'settings',
    load: () => import('./pages/devices/DevicesPage.svelte'),
  },
  {
    path: 'api-keys',
    title: { es: 'Claves de API', en: 'API keys' },
    right: 'api_keys.read',
    group: 'settings',
    load: () => import('./pages/api-keys/ApiKeysPage.svelte'),
  },
  {
    path: 'webhooks',
    title: { es: 'Webhooks', en: 'Webhooks' },
    right: 'webhooks.read',
    group: 'settings',
    load: () => import('./pages/webhooks/WebhooksPage.svelte'),
  },
  {
    path: 'webhooks/:endpoint_id',
    title: { es: 'Webhook', en: 'Webhook' },
    right: 'webhooks.read',
    load: () => import('./pages/webhooks/WebhookPage.svelte'),
  },
  {
    path: 'audit-log',
    title: { es: 'Registro de cambios', en: 'Audit log' },
    right: 'audit.read',
    group: 'settings',
    load: () => import('./pages/audit/AuditLogPage.svelte'),
  },
];
