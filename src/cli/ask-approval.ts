import { BtMigrateError } from '../domain/errors.ts';
import { askForYes } from './ask-for-yes.ts';
import type { CommandContext } from './define-command.ts';

export interface ApprovalRequest {
  /** Given with --auto-approve. */
  readonly approved: boolean;
  /** What is about to happen, shown on stderr before the question; ends in a newline. */
  readonly about: string;
  readonly question: string;
  /** Error detail for when nobody can be asked. */
  readonly needed: string;
  readonly hint: string;
  /** What to do instead, for whoever answers no. */
  readonly otherwise?: string;
}

/** Whether there is a person who can be asked. */
export function canAsk({ globals, io }: Pick<CommandContext, 'globals' | 'io'>): boolean {
  return globals.input && io.stdin.isTTY === true && !globals.json;
}

/**
 * Asks a person, unless they have approved on the command line.
 * @throws BTM_APPROVAL_NEEDED when nobody can be asked, BTM_DECLINED for any answer but "yes".
 */
export async function askApproval(context: CommandContext, request: ApprovalRequest): Promise<void> {
  const { io, signal } = context;
  if (request.approved) return;
  if (!canAsk(context)) {
    throw new BtMigrateError('BTM_APPROVAL_NEEDED', { detail: request.needed, hint: request.hint });
  }
  io.stderr.write(request.about);
  if (await askForYes(io, `${request.question} Only "yes" is accepted: `, signal)) return;
  throw new BtMigrateError('BTM_DECLINED', {
    detail: 'The answer was not yes.',
    ...(request.otherwise === undefined ? {} : { hint: request.otherwise }),
  });
}
