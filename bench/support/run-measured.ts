import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface MeasuredRun {
  readonly exitCode: number | null;
  readonly seconds: number;
  /** Of all its threads, as far as the last look at it saw; 0 where the kernel does not say. */
  readonly cpuSeconds: number;
  /** Highest resident set the kernel reports of the process; 0 where it does not say. */
  readonly peakBytes: number;
  readonly stderr: string;
}

/** Runs a program to its end and measures it as a whole process. Its stdout is thrown away. */
export async function runMeasured(
  program: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<MeasuredRun> {
  const started = process.hrtime.bigint();
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  let peakBytes = 0;
  let cpuSeconds = 0;
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, highWater(child.pid));
    cpuSeconds = Math.max(cpuSeconds, cpuOf(child.pid));
  }, 20);
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearInterval(watch);
  return { exitCode, seconds: Number(process.hrtime.bigint() - started) / 1e9, cpuSeconds, peakBytes, stderr };
}

function highWater(pid: number | undefined): number {
  try {
    const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(match?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** User and system time, in hundredths of a second, which every Linux counts in. */
function cpuOf(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}
