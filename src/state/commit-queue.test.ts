import Database from 'better-sqlite3';
import { beforeEach, expect, test } from 'vitest';
import { CommitQueue } from './commit-queue.ts';

let db: Database.Database;
let queue: CommitQueue;
let guarded: number;

beforeEach(() => {
  db = new Database(':memory:');
  db.exec('CREATE TABLE mapping (source_id TEXT)');
  guarded = 0;
  const guard = () => {
    guarded += 1;
  };
  queue = new CommitQueue({ db, path: 'state.db', guard, flushLog: async () => {} });
});

const write = (id: string) => db.prepare('INSERT INTO mapping VALUES (?)').run(id);
const ids = () => db.prepare('SELECT source_id FROM mapping').pluck().all();

test('writes of one turn share a transaction, and each gets its own answer', async () => {
  const answers = await Promise.all(
    ['triage', 'refund', 'angry'].map((id) =>
      queue.run(() => {
        write(id);
        return `${id} done`;
      }),
    ),
  );
  expect(answers).toEqual(['triage done', 'refund done', 'angry done']);
  expect(ids()).toEqual(['triage', 'refund', 'angry']);
  expect(guarded).toBe(1);
});

test('a write that fails half-way leaves nothing, and its neighbours are kept', async () => {
  const refused = queue.run(() => {
    write('half');
    throw new Error('refused');
  });
  const kept = queue.run(() => write('kept'));
  await expect(refused).rejects.toThrow('refused');
  await kept;
  expect(ids()).toEqual(['kept']);
});

test('a store without room fails every write of the transaction, keeps none, and says so', async () => {
  const pages = db.pragma('page_count', { simple: true }) as number;
  db.pragma(`max_page_count = ${pages + 4}`);
  const outcomes = await Promise.allSettled([
    queue.run(() => write('before')),
    queue.run(() => write('x'.repeat(100_000))),
    queue.run(() => write('after')),
  ]);
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'BTM_STATE_UNREADABLE' } });
  }
  expect(ids()).toEqual([]);
  await queue.run(() => write('small'));
  expect(ids()).toEqual(['small']);
});

test('nothing is written when the guard objects', async () => {
  const guard = () => {
    throw new Error('the file was replaced');
  };
  const guardedQueue = new CommitQueue({ db, path: 'state.db', guard, flushLog: async () => {} });
  await expect(guardedQueue.run(() => write('lost'))).rejects.toThrow('replaced');
  expect(ids()).toEqual([]);
});

/** A queue whose flushes end when they are told to. */
function heldFlushes() {
  const flushes: { end: () => void; fail: (error: Error) => void }[] = [];
  const flushLog = () => new Promise<void>((end, fail) => flushes.push({ end, fail }));
  return { flushes, held: new CommitQueue({ db, path: 'state.db', guard: () => {}, flushLog }) };
}

/** Lets all that can go on without a flush go on. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('a write is answered when it is on the disk, and what is committed meanwhile shares the next flush', async () => {
  const { flushes, held } = heldFlushes();
  const answered: string[] = [];
  const run = (id: string) => held.run(() => write(id)).then(() => answered.push(id));
  const first = run('first');
  await turn();
  const others = [run('second'), run('third')];
  await turn();
  expect([ids(), answered, flushes.length]).toEqual([['first', 'second', 'third'], [], 1]);
  flushes[0]?.end();
  await first;
  await turn();
  expect([answered, flushes.length]).toEqual([['first'], 2]);
  flushes[1]?.end();
  await Promise.all(others);
  expect([answered, flushes.length]).toEqual([['first', 'second', 'third'], 2]);
});

test('draining waits for the disk', async () => {
  const { flushes, held } = heldFlushes();
  let drained = false;
  void held.run(() => write('last'));
  const draining = held.drain().then(() => {
    drained = true;
  });
  await turn();
  expect([ids(), drained]).toEqual([['last'], false]);
  flushes[0]?.end();
  await draining;
});

test('after a flush that failed every write is refused, with the reason, and nothing more is committed', async () => {
  const { flushes, held } = heldFlushes();
  const first = held.run(() => write('first'));
  await turn();
  const second = held.run(() => write('second'));
  await turn();
  flushes[0]?.fail(Object.assign(new Error('i/o error'), { code: 'EIO' }));
  await expect(first).rejects.toMatchObject({ code: 'BTM_STATE_UNREADABLE', detail: expect.stringContaining('EIO') });
  await expect(second).rejects.toMatchObject({ code: 'BTM_STATE_UNREADABLE' });
  await expect(held.run(() => write('third'))).rejects.toMatchObject({ code: 'BTM_STATE_UNREADABLE' });
  expect([ids(), flushes.length]).toEqual([['first', 'second'], 1]);
});
