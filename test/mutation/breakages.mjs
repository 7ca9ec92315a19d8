/**
 * Deliberate breakages, each of which would lose, double or leak something, and the test that goes red for it. `find` stands
 * exactly once in the file.
 */
export const BREAKAGES = [
  {
    name: 'Commit the cursor before the insert: a position runs ahead of the rows that were sent',
    file: 'src/streams/write/batch-cutter.ts',
    find: 'last <= completeUpTo) this.upTo = last;',
    replace: 'last <= completeUpTo) this.upTo = completeUpTo;',
    test: 'test/streams/interrupted-lanes.test.ts',
  },
  {
    name: 'Drop the fsync: a commit is not on the disk when the next request is sent',
    file: 'src/state/open-for-writing.ts',
    find: "db.pragma('synchronous = FULL');",
    replace: "db.pragma('synchronous = OFF');",
    test: 'src/state/open-for-writing.test.ts',
  },
  {
    name: 'Retry a POST blindly: a create whose answer was lost is sent again',
    file: 'src/api/send-request.ts',
    find: "if (!request.repeatable && failure.effect === 'unknown')",
    replace: "if (false && failure.effect === 'unknown')",
    test: 'src/api/send-request.test.ts',
  },
  {
    name: 'Send before the journal says so: a killed create is made again',
    file: 'src/executor/attempt-actions.ts',
    find: 'if (found === undefined && writes(op)) await store.beginAction(lease, run.runId, id);',
    replace: '',
    test: 'test/lifecycle/crash.test.ts',
  },
  {
    name: 'Take a list that failed for an empty one: what exists is created again',
    file: 'src/inventory/read-lists.ts',
    find: 'this.unknown.push({ kind, code, detail });',
    replace: 'void [code, detail];',
    test: 'test/lifecycle/lists.test.ts',
  },
  {
    name: 'Let a writer go on whose lock was taken over',
    file: 'src/state/lease-desk.ts',
    find: 'if (row.token !== token || row.host === null)',
    replace: 'if (row.host === null)',
    test: 'test/conformance/state-lock.test.ts',
  },
  {
    name: 'End a list at a page that is shorter than asked',
    file: 'src/api/list-pages.ts',
    find: 'while (cursor !== undefined) {',
    replace: 'while (cursor !== undefined && page.length === PAGE_SIZE) {',
    test: 'src/api/list-pages.test.ts',
  },
  {
    name: 'Take no notice of Retry-After',
    file: 'src/api/plan-retry.ts',
    find: 'const waitMs = asked ?? ',
    replace: 'const waitMs = ',
    test: 'src/api/send-request.test.ts',
  },
  {
    name: 'Apply a stale plan: what moved since the review is overwritten',
    file: 'src/executor/admit-plan.ts',
    find: 'checkStale(plan, existing?.journal ?? new Map(), inventories);',
    replace: 'void checkStale;',
    test: 'test/lifecycle/stale.test.ts',
  },
  {
    name: 'Begin the next pass at the newest row: rows that become visible late are left behind',
    file: 'src/executor/open-pass.ts',
    find: 'settled: compareXacts(bounds.xactUpTo, past) < 0 ? bounds.xactUpTo : past,',
    replace: 'settled: compareXacts(bounds.xactUpTo, past) < 0 ? past : bounds.xactUpTo,',
    test: 'test/lifecycle/rows.test.ts',
  },
  {
    name: 'Believe a plan file whatever its digest says',
    file: 'src/planner/plan-file.ts',
    find: 'if (actual !== document.digest) {',
    replace: 'if (actual === undefined) {',
    test: 'src/planner/plan-file.test.ts',
  },
  {
    name: 'Overwrite what people edited in the destination',
    file: 'src/streams/copy-lane.ts',
    find: 'ours: new Set(collision === null ? [] : await store.writtenXacts(source)),',
    replace: 'ours: { has: () => true, add: () => undefined } as unknown as Set<string>,',
    test: 'test/lifecycle/rows.test.ts',
  },
];
