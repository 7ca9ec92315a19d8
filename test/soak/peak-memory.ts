import { readFileSync } from 'node:fs';
import type { RunningCli } from '../support/spawn-cli.ts';

const LOOK_EVERY_MS = 50;

/** The most memory a process ever held, in MB, as the kernel kept count of it until shortly before its end. */
export async function peakMemory({ process: child, finished }: RunningCli): Promise<number> {
  let peak = 0;
  const look = setInterval(() => {
    try {
      const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
      peak = Math.max(peak, Number(kilobytes ?? 0) / 1024);
    } catch {
      // It has just ended.
    }
  }, LOOK_EVERY_MS);
  await finished;
  clearInterval(look);
  return peak;
}
