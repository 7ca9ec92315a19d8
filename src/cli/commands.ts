import { apply } from './commands/apply.ts';
import { drift } from './commands/drift.ts';
import { emulator } from './commands/emulator.ts';
import { graph } from './commands/graph.ts';
import { plan } from './commands/plan.ts';
import { show } from './commands/show.ts';
import { validate } from './commands/validate.ts';
import type { Command } from './define-command.ts';

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [validate, plan, show, apply, drift, graph, emulator];
