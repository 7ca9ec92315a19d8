import { createInterface } from 'node:readline/promises';
import type { CliIo } from './cli-io.ts';

/** Asks on stderr and reads one line; anything but "yes", the end of input included, is a no. */
export async function askForYes(io: CliIo, question: string, signal: AbortSignal): Promise<boolean> {
  // The terminal stays as it is, so that Ctrl-C there is the signal that it is everywhere else.
  const lines = createInterface({ input: io.stdin, output: io.stderr, terminal: false });
  const ended = new Promise<string>((done) => lines.once('close', () => done('')));
  try {
    const answer = await Promise.race([lines.question(question, { signal }), ended]);
    return answer.trim() === 'yes';
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw error;
  } finally {
    lines.close();
  }
}
