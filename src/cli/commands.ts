import { apply } from './commands/apply.ts';
import { ciInit } from './commands/ci-init.ts';
import { compare } from './commands/compare.ts';
import { completion } from './commands/completion.ts';
import { demo } from './commands/demo.ts';
import { drift } from './commands/drift.ts';
import { emulator } from './commands/emulator.ts';
import { graph } from './commands/graph.ts';
import { importObject } from './commands/import.ts';
import { importCheckpointsCommand } from './commands/import-checkpoints.ts';
import { init } from './commands/init.ts';
import { plan } from './commands/plan.ts';
import { quarantineList } from './commands/quarantine-list.ts';
import { quarantineRetry } from './commands/quarantine-retry.ts';
import { report } from './commands/report.ts';
import { show } from './commands/show.ts';
import { stateCheck } from './commands/state-check.ts';
import { stateExport } from './commands/state-export.ts';
import { stateImport } from './commands/state-import.ts';
import { stateList } from './commands/state-list.ts';
import { stateMv } from './commands/state-mv.ts';
import { stateRm } from './commands/state-rm.ts';
import { stateShow } from './commands/state-show.ts';
import { stateUnlock } from './commands/state-unlock.ts';
import { validate } from './commands/validate.ts';
import { verify } from './commands/verify.ts';
import type { Command } from './define-command.ts';

/** What the commands of a group have in common, for the help. */
export const groups: Readonly<Record<string, string>> = {
  state: 'Inspect and repair the state: list, show, mv, rm, check, export, import, unlock',
  quarantine: 'What could not be read or was not taken: list, retry',
  ci: 'Write CI jobs: init',
};

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  init,
  validate,
  plan,
  show,
  apply,
  drift,
  compare,
  verify,
  graph,
  report,
  stateList,
  stateShow,
  stateMv,
  stateRm,
  stateCheck,
  stateExport,
  stateImport,
  stateUnlock,
  quarantineList,
  quarantineRetry,
  importObject,
  importCheckpointsCommand,
  ciInit,
  completion,
  emulator,
  demo,
];
