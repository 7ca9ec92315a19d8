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
  queue = new CommitQueue(db, 'state.db', () => {
    guarded += 1;
  });
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
  const guardedQueue = new CommitQueue(db, 'state.db', () => {
    throw new Error('the file was replaced');
  });
  await expect(guardedQueue.run(() => write('lost'))).rejects.toThrow('replaced');
  expect(ids()).toEqual([]);
});
