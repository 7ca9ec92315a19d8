import { defineCommand } from '../define-command.ts';

export const stateUnlock = defineCommand({
  name: 'state unlock',
  summary: 'Free the lock that a run left behind, and say who held it',
  options: { force: { type: 'flag', summary: 'Also when the holder may be alive: its next write is then refused' } },
  examples: [{ command: 'bt-migrate state unlock', does: 'After the machine of a run was switched off' }],
  handler: async (context, values) => {
    const { describeHolder } = await import('../../state/describe-holder.ts');
    const { unlockState } = await import('../../state/unlock-state.ts');
    const { jobUrl } = await import('../job-url.ts');
    const { readEnvironment } = await import('../read-environment.ts');
    const { statePlace } = await import('../state-place.ts');
    const { sanitizeText } = await import('../views/sanitize-text.ts');
    const { path } = statePlace(context);
    const holder = describeHolder(jobUrl(readEnvironment(context.io)));
    const freed = await unlockState(path, { force: values.force, holder });
    const text =
      freed === null ? `${path} was not locked.\n` : `Unlocked ${path}; it was held by ${sanitizeText(freed)}.\n`;
    return {
      exitCode: 0,
      summary: freed === null ? 'It was not locked' : 'Unlocked',
      text,
      document: { path, unlocked: freed !== null, holder: freed },
    };
  },
});
