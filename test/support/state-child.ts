import { sha256 } from '../../src/domain/fingerprint.ts';
import { describeHolder } from '../../src/state/describe-holder.ts';
import { openSqliteState } from '../../src/state/open-sqlite-state.ts';
import { NIGHTLY, promptMapping } from './state-fixture.ts';

// A process of its own that uses a state: `state-child.ts COMMAND PATH`. Prints what happened, one line each.
const [command, path = ''] = process.argv.slice(2);
const say = (line: string) => process.stdout.write(`${line}\n`);

try {
  if (command === 'burst') await burst();
  else if (command === 'race') await race();
  else if (command === 'read') await read();
  else if (command === 'hold') await hold();
} catch (error) {
  const { code, detail } = error as { code?: string; detail?: string };
  say(`error ${code} ${detail ?? String(error)}`);
}

/** Completes actions without end, eight at a time, and prints each only once it was acknowledged. */
async function burst(): Promise<void> {
  const store = await openSqliteState({ path, mode: 'write', mustExist: false });
  const lease = await store.acquireLease(describeHolder(null), 5_000);
  const { runId } = await store.openRun(lease, NIGHTLY);
  let next = 0;
  const worker = async () => {
    for (;;) {
      const slug = `topic-${process.pid}-${next++}`;
      await store.beginAction(lease, runId, `create:prompt.Support-bot.${slug}`);
      await store.completeAction(lease, runId, `create:prompt.Support-bot.${slug}`, {
        fingerprint: sha256(slug),
        mapping: promptMapping(slug),
      });
      say(slug);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

/** Takes the lock of a file that may not exist yet, without waiting, and keeps it until the input ends. */
async function race(): Promise<void> {
  say('ready');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  const store = await openSqliteState({ path, mode: 'write', mustExist: false });
  await store.acquireLease(describeHolder(null), 0);
  say(`won ${(await store.snapshot()).lineage}`);
  await new Promise((resolve) => process.stdin.once('end', resolve));
  await store.close();
}

async function read(): Promise<void> {
  const store = await openSqliteState({ path, mode: 'read', mustExist: true });
  say(`read ${(await store.snapshot()).mappings.length}`);
  await store.close();
}

/** Locks the state and ends without releasing or closing: the heartbeat must not keep the process alive. */
async function hold(): Promise<void> {
  const store = await openSqliteState({ path, mode: 'write', mustExist: false });
  await store.acquireLease(describeHolder(null), 0);
  say('held');
}
