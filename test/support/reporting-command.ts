import { defineCommand } from '../../src/cli/define-command.ts';
import type { RunEvent } from '../../src/domain/event.ts';

/** The command `act`, which reports these events one second apart, beginning at midnight. */
export function reporting(events: readonly RunEvent[]) {
  let now = Date.parse('2026-01-01T00:00:00Z');
  const commands = [
    defineCommand({
      name: 'act',
      summary: 'Act',
      options: {},
      examples: [],
      handler: async ({ report }) => {
        for (const event of events) {
          report(event);
          now += 1000;
        }
        return { exitCode: 0, summary: 'Done' };
      },
    }),
  ];
  return { commands, now: () => now };
}
