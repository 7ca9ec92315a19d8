import { emulator } from './commands/emulator.ts';
import { validate } from './commands/validate.ts';
import type { Command } from './define-command.ts';

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [validate, emulator];
