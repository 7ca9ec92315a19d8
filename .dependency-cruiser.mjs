const only = (folder) => ({ pathNot: `^${folder}/` });

/** A folder of src/, the folders it may import besides itself, and the libraries that only it may use. */
const room = (folder, folders, libraries = []) => ({
  name: `${folder}-stays-in-its-room`,
  comment: `src/${folder} may import ${['itself', ...folders, ...libraries].join(', ')}. See docs/architecture.md for the room your code belongs to.`,
  severity: 'error',
  from: { path: `^src/${folder}/`, pathNot: '[.]test[.]ts$' },
  to: {
    dependencyTypesNot: ['core'],
    pathNot: [...[folder, ...folders].map((one) => `^src/${one}/`), ...libraries.map((one) => `node_modules/${one}`)],
  },
});

/** Who may import whom; every rule says what to do instead. Type imports count. */
export default {
  forbidden: [
    {
      name: 'domain-imports-nothing',
      comment: 'domain/ holds nouns and pure functions. Move I/O or library use to the folder that owns it.',
      severity: 'error',
      from: { path: '^src/domain/', pathNot: '[.]test[.]ts$' },
      to: { pathNot: '^(src/domain/|node:crypto$|crypto$)' },
    },
    {
      name: 'planner-and-executor-meet-in-domain',
      comment: 'The plan is the only thing the two share: put the type into src/domain/plan.ts.',
      severity: 'error',
      from: { path: '^src/executor/' },
      to: { path: '^src/planner/' },
    },
    {
      name: 'planner-never-imports-executor',
      comment: 'The planner decides and never writes.',
      severity: 'error',
      from: { path: '^src/planner/' },
      to: { path: '^src/executor/' },
    },
    {
      name: 'nothing-imports-cli',
      comment: 'Pass the value in, or emit an event and let a view render it.',
      severity: 'error',
      from: { path: '^(src|emulator)/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    room('spec', ['domain'], ['yaml/', 'zod/']),
    room('api', ['domain'], ['undici/']),
    room('providers', ['domain'], ['zod/']),
    room('inventory', ['domain', 'providers']),
    room('planner', ['domain', 'providers', 'inventory'], ['graphology', 'zod/']),
    room('streams', ['domain', 'providers']),
    room('verify', ['domain', 'providers', 'inventory', 'streams']),
    room('executor', ['domain', 'providers', 'inventory', 'streams']),
    room('state', ['domain'], ['better-sqlite3/', '@types/better-sqlite3', 'zod/']),
    {
      name: 'emulator-stands-alone',
      comment: 'A shared schema would hide the same mistake on both sides.',
      severity: 'error',
      from: { path: '^emulator/' },
      to: { path: '^src/' },
    },
    {
      name: 'engine-does-not-know-the-emulator',
      comment: 'Only the cli commands `emulator` and `demo` start it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^emulator/' },
    },
    {
      name: 'only-api-imports-undici',
      comment: 'Go through the OrgReader/OrgWriter port in domain/org.ts.',
      severity: 'error',
      from: { path: '^src/', ...only('src/api') },
      to: { path: 'node_modules/undici/' },
    },
    {
      name: 'only-state-imports-sqlite',
      comment: 'Nothing outside state/ knows SQL: use StateStore. (The emulator has its own store.)',
      severity: 'error',
      from: { path: '^src/', ...only('src/state') },
      to: { path: 'node_modules/better-sqlite3/' },
    },
    {
      name: 'only-planner-imports-graphology',
      comment: 'Executors need depends_on from the plan, not a graph.',
      severity: 'error',
      from: { path: '^src/', ...only('src/planner') },
      to: { path: 'node_modules/graphology' },
    },
    {
      name: 'only-cli-draws',
      comment: 'chalk, diff and yargs belong to views and argv.',
      severity: 'error',
      from: { path: '^src/', ...only('src/cli') },
      to: { path: 'node_modules/(chalk|yargs|diff)/' },
    },
    {
      name: 'kinds-are-data',
      comment: 'A kind file may import define-provider (or define-stream) and zod only.',
      severity: 'error',
      from: { path: '^src/(providers|streams)/kinds/' },
      to: { pathNot: '^(src/(providers/(define-provider|fields)|streams/define-stream)[.]ts|node_modules/zod/)' },
    },
    {
      name: 'no-circular',
      comment: 'Move the shared noun to a file both can import.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
