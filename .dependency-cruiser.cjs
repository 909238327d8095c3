// The rooms of the house and which way they may look (docs/decisions tell why; `npm test -- rooms`):
//
//   base ← rules ← stores ← checkout, jobs ← routes ← http ← main
//
// A file's role is read from its name: noun.store.ts, verb-noun.job.ts, verb-noun.route.ts,
// noun.adapter.ts, noun.schema.ts; every other file of a room is rules, which are pure.
// tools/checks/rooms-canary.ts breaks each rule once and fails when one of them is not reported.

const stores = '\\.store\\.ts$';
const jobs = '\\.job\\.ts$';
const routes = '\\.route\\.ts$';
const adapters = '\\.adapter\\.ts$';
/** Shapes of the HTTP contract that several routes of a room share. */
const schemas = '\\.schema\\.ts$';
/** What conducts stores, as src/checkout does: lanes of holds, events in memory, import, demo, progress, audit, who asks, payments, tills. */
const conductors =
  '^src/(holds/holds|catalog/(event-cache|import-plan|give-seat-plan|seed-demo)|progress/(progress-hub|change-hub)|audit/run-audit|identity/authenticator|payments/(payment-intents|payment-plans|last-payment)|tills/tills)\\.ts$';
/** Folders of src/ that are not rooms of rules. */
const shells = '^src/(checkout|db|queue|http|telemetry|cli)/|^src/[^/]+$';
/** What of src/http is made for routes to use; the rest of it uses them. */
const httpForRoutes = '^src/http/(app|schemas|sse|accept|guard|if-match)\\.ts$';
const composition = '^src/(main|config)\\.ts$|^src/cli/';

const outsideWorld =
  '^(node:)?(fs|fs/promises|net|tls|http|https|http2|dgram|dns|dns/promises|child_process|cluster|worker_threads)$';
const mayTouchTheWorld = [
  adapters,
  '^src/db/(embedded-postgres|migrate)\\.ts$',
  '^src/http/',
  '^src/cli/',
  '^src/main\\.ts$',
];
const rules = { path: '^src/', pathNot: [shells, conductors, stores, jobs, routes, schemas, adapters] };
const packages = (names) => `(^|/)node_modules/(${names})/`;

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      comment: 'Two files that need each other are one file, or share a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'nothing-unresolved',
      comment: 'An import that leads nowhere, or a package that package.json does not name.',
      severity: 'error',
      from: {},
      // A query is for the bundler, which fails by itself when it finds no such file.
      to: { dependencyTypes: ['unknown', 'undetermined', 'npm-no-pkg', 'npm-unknown'], pathNot: '\\?url$' },
    },
    {
      name: 'src-runs-on-dependencies',
      comment: 'A development package is not there in production.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: packages('@types') },
    },
    {
      name: 'src-stands-alone',
      comment: 'The server knows nothing of its tests, tools, benchmarks and web pages.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|tools|bench|chaos|web)/' },
    },
    {
      name: 'base-is-the-bottom',
      comment: 'Everything may use src/base; it uses nothing of the house.',
      severity: 'error',
      from: { path: '^src/base/' },
      to: { path: '^src/', pathNot: '^src/base/' },
    },
    {
      name: 'rules-are-pure',
      comment: 'Rules take values and give values: no store, no job, no route, no server, no queue.',
      severity: 'error',
      from: rules,
      to: {
        path: [
          stores,
          conductors,
          jobs,
          routes,
          schemas,
          adapters,
          '^src/(checkout|http|queue|telemetry)/',
          composition,
        ],
      },
    },
    {
      name: 'rules-know-no-database',
      comment: 'Rules may name a type of src/db; they never call it.',
      severity: 'error',
      from: rules,
      to: { path: '^src/db/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'stores-look-down',
      comment: 'A store is SQL with its caller; it uses rules, base, src/db and other stores.',
      severity: 'error',
      from: { path: stores },
      to: { path: [conductors, jobs, routes, schemas, adapters, '^src/(checkout|http|queue)/', composition] },
    },
    {
      name: 'checkout-and-jobs-look-down',
      comment: 'The hot path and the jobs use stores and rules; routes and the server use them.',
      severity: 'error',
      from: { path: ['^src/checkout/', conductors, jobs], pathNot: [routes, schemas] },
      to: { path: [routes, schemas, '^src/http/', composition] },
    },
    {
      name: 'checkout-does-no-later-work',
      comment: 'What is not critical is a step, done after the answer.',
      severity: 'error',
      from: { path: ['^src/checkout/', conductors], pathNot: [routes, schemas] },
      to: { path: [jobs, adapters, '^src/queue/'] },
    },
    {
      name: 'routes-look-down',
      comment: 'A route sees its endpoint alone: no other route, no server, no composition.',
      severity: 'error',
      from: { path: [routes, schemas] },
      to: { path: [routes, '^src/http/', composition], pathNot: httpForRoutes },
    },
    {
      name: 'routes-are-mounted-in-one-place',
      comment: 'src/http/routes.ts, and staff-routes.ts for it, are the list of routes.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/http/(staff-)?routes\\.ts$', routes] },
      to: { path: routes },
    },
    {
      name: 'the-database-is-below',
      comment: 'src/db, src/queue and src/telemetry serve the rooms and know none of them.',
      severity: 'error',
      from: { path: '^src/(db|queue|telemetry)/' },
      to: { path: '^src/', pathNot: ['^src/(db|queue|telemetry|base)/'] },
    },
    {
      name: 'main-is-the-top',
      comment: 'Only the composition root composes.',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { path: '^src/main\\.ts$' },
    },
    {
      name: 'pg-only-in-db',
      comment: 'One room knows the driver, its types included.',
      severity: 'error',
      from: { path: '^(src|web)/', pathNot: '^src/db/' },
      to: { path: packages('pg|pg-pool|pg-types|@types/pg') },
    },
    {
      name: 'pg-boss-only-in-queue',
      comment: 'One room knows the queue behind its small face.',
      severity: 'error',
      from: { path: '^(src|web)/', pathNot: '^src/queue/' },
      to: { path: packages('pg-boss') },
    },
    {
      name: 'the-world-only-in-adapters',
      comment: 'Network, files and processes are for adapters, the server, the commands and main.',
      severity: 'error',
      from: { path: '^src/', pathNot: mayTouchTheWorld },
      to: { path: outsideWorld, dependencyTypes: ['core'] },
    },
    {
      name: 'mail-only-in-adapters',
      comment: 'A mail server is the outside world.',
      severity: 'error',
      from: { path: '^src/', pathNot: adapters },
      to: { path: packages('nodemailer') },
    },
    {
      name: 'sign-in-only-in-its-adapter',
      comment: 'One file knows the library that signs staff in.',
      severity: 'error',
      from: { path: '^(src|web)/', pathNot: '^src/identity/better-auth\\.adapter\\.ts$' },
      to: { path: packages('better-auth|@better-auth') },
    },
    {
      name: 'web-knows-the-contract-alone',
      comment: 'Pages know the HTTP contract and nothing of the server.',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: '^src/' },
    },
  ],
  options: {
    doNotFollow: { path: '(^|/)node_modules/' },
    // Fixtures break the rules on purpose; what a build wrote is nobody's source.
    exclude: { path: '^test/fixtures/|^web/[^/]+/dist/|^data/' },
    // Counts imports of types as well, which type stripping leaves no trace of.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
