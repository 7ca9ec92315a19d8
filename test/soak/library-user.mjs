// A program that uses bt-migrate as a library for as long as its parent wants: plan, apply, say what it holds, again.
// Started with --expose-gc, so that what is held is told apart from what is not yet collected.
import { readdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { apply, plan } from 'bt-migrate';

const { pause, ...options } = JSON.parse(process.argv[2]);
let isLast = false;
process.once('message', () => {
  isLast = true;
});
while (!isLast) {
  process.send(await cycle());
  await wait(pause);
}
process.send({ ...(await cycle()), isLast: true }, () => process.disconnect());

async function cycle() {
  let outcome;
  try {
    const { summary } = await apply(await plan(options), options);
    outcome = summary.failed + summary.blocked + summary.quarantined === 0 ? 'applied' : 'partly applied';
  } catch (error) {
    outcome = String(error.code ?? error.stack);
  }
  global.gc();
  global.gc();
  const { rss, heapUsed } = process.memoryUsage();
  return { outcome, rss, heap: heapUsed, handles: readdirSync('/proc/self/fd').length };
}
