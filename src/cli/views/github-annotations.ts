import type { ErrorReport } from './render-error.ts';
import { sanitizeText } from './sanitize-text.ts';

/** `migration.yaml:3:12: what is wrong`, as errors of a spec begin their lines. */
const PLACED = /^([^\s:][^:\n]*):(\d+):(\d+): (.+)$/;

/**
 * The error as workflow commands of GitHub Actions, one for each line that names a place in a file, which is then marked
 * in the pull request; one without a place when no line does.
 */
export function githubAnnotations({ code, summary, detail }: ErrorReport): string {
  const placed = detail.split('\n').flatMap((line) => {
    const [, file, at, column, text] = PLACED.exec(line) ?? [];
    return file === undefined || text === undefined
      ? []
      : [`::error file=${property(file)},line=${at},col=${column},title=${property(code)}::${data(text)}`];
  });
  if (placed.length > 0) return `${placed.join('\n')}\n`;
  return `::error title=${property(code)}::${data(`${summary}. ${detail}`)}\n`;
}

/** Text that cannot end the command or begin another one. */
function data(text: string): string {
  const clean = text.split('\n').map(sanitizeText).join('\n');
  return clean.replaceAll('%', '%25').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
