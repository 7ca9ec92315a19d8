import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Finished, RunningCli } from './spawn-cli.ts';

/** A secret that must not be found anywhere, and what it is. */
export interface Canary {
  readonly what: string;
  readonly text: string;
}

/** The canaries that these bytes hold, as they are or encoded. */
export function canariesIn(bytes: Buffer | string, canaries: readonly Canary[]): string[] {
  const held = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  return canaries.filter(({ text }) => forms(text).some((form) => held.includes(form))).map(({ what }) => what);
}

function forms(text: string): string[] {
  const bytes = Buffer.from(text);
  return [text, encodeURIComponent(text), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('hex')];
}

/** Every file below the folder. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();
}

/** `file: what` of every canary in a file below the folder. */
export function canariesInFiles(folder: string, canaries: readonly Canary[]): string[] {
  return filesIn(folder).flatMap((name) =>
    canariesIn(readFileSync(join(folder, name)), canaries).map((what) => `${name}: ${what}`),
  );
}

/** Waits for the end of a process and returns what others could read of its command line meanwhile, in all its forms. */
export async function commandLineOf({ process: child, finished }: RunningCli): Promise<[Finished, string]> {
  const seen = new Set<string>();
  const look = (): void => {
    try {
      seen.add(readFileSync(`/proc/${child.pid}/cmdline`, 'utf8'));
      seen.add(readFileSync(`/proc/${child.pid}/comm`, 'utf8'));
    } catch {
      // It has just ended, or there is no /proc here.
    }
  };
  look();
  child.stderr.on('data', look);
  child.stdout.on('data', look);
  return [await finished, [...seen].join('\n')];
}
