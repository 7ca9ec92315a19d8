import type { DriftItem } from '../domain/drift.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { OrgIdentity } from '../domain/org.ts';
import type { CommandResult } from './define-command.ts';
import { type Compared, unreadError } from './drift-result.ts';
import { COMPARISON_WORDS, summarizeComparison } from './views/comparison-words.ts';
import { renderComparison } from './views/render-comparison.ts';
import { renderComparisonMarkdown } from './views/render-comparison-markdown.ts';

export interface ComparisonFlags {
  readonly format: 'text' | 'markdown';
  readonly onlyDifferences: boolean;
  readonly color: boolean;
  readonly maxChars: number;
}

/** The result of `compare`: 6 or 8 when something could not be read, else 2 when anything differs, else 0. */
export function comparisonResult(
  items: readonly DriftItem[],
  compared: Compared,
  flags: ComparisonFlags,
): CommandResult {
  const { source, destination } = compared;
  const error = unreadError(items, compared);
  const differences = items.filter(({ status }) => status !== 'in_sync');
  const counts = Object.fromEntries(
    COMPARISON_WORDS.map(([status]) => [status, items.filter((item) => item.status === status).length]),
  );
  return {
    exitCode: error?.exitCode ?? (differences.length > 0 ? 2 : 0),
    summary: summarizeComparison(items),
    text:
      flags.format === 'markdown'
        ? renderComparisonMarkdown(items, { ...flags, source: source.org, destination: destination.org })
        : renderComparison(items, flags),
    document: {
      source: orgMember(source.org),
      destination: orgMember(destination.org),
      counts,
      items: (flags.onlyDifferences ? differences : items) as unknown as Json,
    },
    ...(error === undefined ? {} : { error }),
  };
}

function orgMember({ orgId, orgName, url }: OrgIdentity): JsonObject {
  return { org: orgName, org_id: orgId, url };
}
