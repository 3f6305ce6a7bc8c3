// Who may import whom: docs/ARCHITECTURE.md has the same table in words.
const product = '^(core|protocols|switch|routing|rating|adapters|plugins|console)/';
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'core-is-a-leaf', severity: 'error', from: { path: '^core/' }, to: { path: product, pathNot: '^core/' } },
    { name: 'core-has-no-io', severity: 'error', from: { path: '^core/' }, to: { dependencyTypes: ['npm', 'core'] } },
    {
      name: 'protocols-know-core',
      severity: 'error',
      from: { path: '^protocols/' },
      to: { path: product, pathNot: '^(core|protocols)/' },
    },
    {
      name: 'routing-knows-core',
      severity: 'error',
      from: { path: '^routing/' },
      to: { path: product, pathNot: '^(core|routing)/' },
    },
    {
      name: 'rating-knows-core',
      severity: 'error',
      from: { path: '^rating/' },
      to: { path: product, pathNot: '^(core|rating)/' },
    },
    {
      name: 'adapters-know-core-and-protocols',
      severity: 'error',
      from: { path: '^adapters/' },
      to: { path: product, pathNot: '^(core|protocols|adapters)/' },
    },
    {
      name: 'plugins-know-the-contract',
      severity: 'error',
      from: { path: '^plugins/' },
      to: { path: product, pathNot: '^(core|plugins)/' },
    },
    {
      name: 'nobody-knows-switch',
      severity: 'error',
      from: { path: '^(core|protocols|routing|rating|adapters|plugins|console)/' },
      to: { path: '^switch/' },
    },
    {
      name: 'console-speaks-http-only',
      severity: 'error',
      from: { path: '^console/' },
      to: { path: product, pathNot: '^console/' },
    },
    {
      name: 'through-the-front-door',
      severity: 'error',
      from: { path: '^(switch|routing|rating|adapters|plugins|protocols)/' },
      to: {
        path: '^(core|routing|rating|adapters|plugins|protocols)/.+',
        pathNot: ['^$1/', '/index\\.ts$', '/contract\\.ts$', '^plugins/host\\.ts$', '^protocols/sip/edge\\.ts$'],
      },
    },
    {
      name: 'one-owner-for-sqlite',
      severity: 'error',
      from: { pathNot: '^(switch/store/|test/|bench/)' },
      to: { path: 'node_modules/better-sqlite3/' },
    },
    {
      name: 'one-owner-for-pino',
      severity: 'error',
      from: { pathNot: '^(switch/log|test/|bench/)' },
      to: { path: 'node_modules/pino/' },
    },
    {
      name: 'one-owner-for-prom-client',
      severity: 'error',
      from: { pathNot: '^(switch/metrics|test/|bench/)' },
      to: { path: 'node_modules/prom-client/' },
    },
    {
      name: 'one-owner-for-piscina',
      severity: 'error',
      from: { pathNot: '^(switch/tables/|test/|bench/)' },
      to: { path: 'node_modules/piscina/' },
    },
    {
      name: 'one-owner-for-fastify',
      severity: 'error',
      from: { pathNot: '^(switch/http/|test/|bench/)' },
      to: { path: 'node_modules/(fastify|@fastify)/' },
    },
    {
      name: 'node-smpp-is-a-test-peer',
      severity: 'error',
      from: { pathNot: '^(test|bench)/' },
      to: { path: 'node_modules/smpp/' },
    },
    {
      name: 'no-dev-deps-in-product',
      severity: 'error',
      from: { path: product },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/@types/' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'default', 'types'],
    },
  },
};
