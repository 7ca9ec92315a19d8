import type { ChalkInstance } from 'chalk';
import type { DiffLine } from './render-diff.ts';

/** One line of a difference for a terminal; the sign says what the colour says. */
export function showDiffLine(line: DiffLine, paint: ChalkInstance): string {
  switch (line.kind) {
    case 'added':
      return paint.green(`  + ${line.text}`.trimEnd());
    case 'removed':
      return paint.red(`  - ${line.text}`.trimEnd());
    case 'same':
      return paint.dim(`    ${line.text}`.trimEnd());
    case 'note':
      return paint.dim(`  ${line.text}`);
  }
}
