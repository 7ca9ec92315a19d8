import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const LOADER = new URL('typescript-loader.mjs', import.meta.url).href;
const SCRIPT = fileURLToPath(new URL('state-child.ts', import.meta.url));

export interface StateChild {
  readonly process: ChildProcessWithoutNullStreams;
  /** Every line printed so far. */
  readonly lines: string[];
  /** Resolves with the line number `count` (from 1) once it was printed. */
  line(count: number): Promise<string>;
  /** Resolves with all lines once the process is gone. */
  end(): Promise<string[]>;
}

/** Runs a command of `state-child.ts` in a process of its own, as another user where one is given. */
export function spawnStateChild(command: 'burst' | 'race' | 'read' | 'hold', path: string, uid?: number): StateChild {
  const child = spawn(process.execPath, ['--import', LOADER, SCRIPT, command, path], {
    stdio: 'pipe',
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const lines: string[] = [];
  const waiting: { count: number; resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  const reader = createInterface(child.stdout);
  reader.on('line', (line) => {
    lines.push(line);
    for (const { count, resolve } of waiting) if (lines.length === count) resolve(line);
  });
  let complaints = '';
  child.stderr.on('data', (chunk) => {
    complaints += String(chunk);
  });
  const gone = Promise.all([once(child, 'exit'), once(reader, 'close')]).then(() => {
    for (const { count, reject } of waiting) reject(new Error(`No line ${count}. ${complaints}`));
    if (complaints !== '') throw new Error(complaints);
    return lines;
  });
  return {
    process: child,
    lines,
    line: (count) =>
      new Promise((resolve, reject) => {
        const line = lines[count - 1];
        if (line !== undefined) resolve(line);
        else waiting.push({ count, resolve, reject });
      }),
    end: () => gone,
  };
}
