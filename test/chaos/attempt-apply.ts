import type { FaultRule } from '../../emulator/faults/fault-rule.ts';
import { type RunningCli, spawnCli } from '../support/spawn-cli.ts';
import type { ChaosServer } from './chaos-server.ts';
import type { Disturbance, Kill } from './disturb.ts';

/** Writes to the destination, but not queries and logins, which are POSTs, too. */
const WRITES = { method: 'POST', org: 'Acme Prod', path: '/^\\/(v1|logs3|attachment)/' };

/** The server says that it takes little at once, so that rows of one container need many requests. */
const SMALL: FaultRule = {
  id: 'small',
  match: { path: '/version' },
  action: { type: 'status', status: 200, body: { version: '1.1.32', logs3_payload_max_bytes: 256 * 1024 } },
};

/** Where a round takes place. */
export interface Place {
  readonly server: ChaosServer;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly counts: { kills: number; serverKills: number; faults: number };
  readonly troubles: string[];
}

/** Runs `apply` once, disturbed or not. `done` is exit code 0, `partly` 3, `ended` that it has to be run again. */
export async function attemptApply(
  place: Place,
  trouble: Disturbance | undefined,
): Promise<'done' | 'partly' | 'ended'> {
  const { server, counts, troubles, cwd, env } = place;
  const { kill } = trouble ?? {};
  await server.clearRequests();
  // The rule that comes first fires first.
  await server.fault([SMALL]);
  if (kill?.at === 'write') await server.fault([holdRule(kill)]);
  if (trouble !== undefined && trouble.faults.length > 0) await server.fault(trouble.faults);
  const argv = ['apply', 'plan.out', '--log-level', 'warn', ...(trouble?.flags ?? [])];
  const running = spawnCli(argv, { cwd, env });
  let restarted: Promise<void> = Promise.resolve();
  const restart =
    trouble?.killServerAfter === undefined
      ? undefined
      : setTimeout(() => {
          counts.serverKills += 1;
          restarted = server.killAndRestart();
        }, trouble.killServerAfter);
  if (kill !== undefined) await killWhen(kill, running, server);
  const { code, stderr } = await running.finished;
  clearTimeout(restart);
  await restarted;
  if (kill?.at === 'write') await server.release(HOLD);
  counts.faults += await server.clearFaults(SMALL.id);
  if (code === null) {
    counts.kills += 1;
    return 'ended';
  }
  // Under faults a run may end early, with one of the codes that say so; anything else is ours.
  if (code !== 0 && code !== 3 && code !== 8) troubles.push(`apply ended with ${code}: ${stderr.slice(-2000)}`);
  if (/This is a bug|\n\s+at /.test(stderr)) troubles.push(`apply said: ${stderr.slice(-2000)}`);
  return code === 0 ? 'done' : code === 3 ? 'partly' : 'ended';
}

const HOLD = 'hold';

function holdRule({ number, when }: Extract<Kill, { at: 'write' }>): FaultRule {
  return { id: HOLD, match: WRITES, after: number, times: 1, action: { type: 'hold', when } };
}

/** Returns when the tool was killed or has ended. */
async function killWhen(kill: Kill, { process: tool, finished }: RunningCli, server: ChaosServer): Promise<void> {
  if (kill.at === 'write') {
    // A server that is killed meanwhile does not answer; what it held is gone with it.
    await server.heldUnless(HOLD, finished).catch(() => undefined);
    tool.kill('SIGKILL');
    return;
  }
  const timer = setTimeout(() => tool.kill('SIGKILL'), kill.milliseconds);
  await finished;
  clearTimeout(timer);
}
