import type { OrgReader } from '../../domain/org.ts';
import { rowText, type SplicedPage } from '../splice-page.ts';
import type { LaneContainer } from './look-at-rows.ts';

/** Ids of one question. */
const IDS_ASKED = 500;

/**
 * Of rows that may be in the destination, those that are there in a version that we did not write: whoever edited them
 * there keeps them. `rows` are indexes into the page.
 */
export async function findKept(
  writer: OrgReader,
  containers: readonly LaneContainer[],
  page: SplicedPage,
  rows: readonly number[],
): Promise<readonly number[]> {
  const questions: { readonly asked: LaneContainer; readonly rows: Map<string, number> }[] = [];
  const open = new Map<number, (typeof questions)[number]>();
  for (const row of rows) {
    const id = rowText(page, page.ids, row);
    const index = page.containers[row] as number;
    const asked = containers[index];
    if (id === null || asked === undefined) continue;
    let question = open.get(index);
    if (question === undefined || question.rows.size === IDS_ASKED) {
      question = { asked, rows: new Map() };
      questions.push(question);
      open.set(index, question);
    }
    question.rows.set(id, row);
  }
  const answers = await Promise.all(
    questions.map(async ({ asked, rows: byId }) => {
      const versions = await writer.readVersions(asked.destination, [...byId.keys()]);
      const theirs = [...byId].filter(([id]) => isTheirs(versions.get(id), asked));
      if (theirs.length === 0 || asked.openIntents === null) return theirs.map(([, row]) => row);
      // A write of a killed run may have become readable in the meantime.
      await asked.openIntents.lookFor(theirs.flatMap(([id]) => versions.get(id) ?? []));
      return theirs.filter(([id]) => isTheirs(versions.get(id), asked)).map(([, row]) => row);
    }),
  );
  return answers.flat();
}

function isTheirs(xact: string | undefined, { ours, openIntents }: LaneContainer): boolean {
  return xact !== undefined && !ours.has(xact) && openIntents?.ours.has(xact) !== true;
}
