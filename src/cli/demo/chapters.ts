import type { Side } from '../../domain/event.ts';

/** One command of the demo, as a user would type it after `bt-migrate`. */
export interface DemoCommand {
  readonly argv: readonly string[];
  readonly expected: number;
}

/** A heading, one sentence of why, and what happens. */
export interface Chapter {
  readonly title: string;
  readonly why: string;
  /** A line that somebody adds to the prompt `handover` on this side before the commands run. */
  readonly edit?: { readonly side: Side; readonly line: string };
  /** Questions that somebody adds to the dataset "Golden questions" of the source before the commands run. */
  readonly questions?: readonly string[];
  readonly commands: readonly DemoCommand[];
}

/** The story after the server has started. */
export const CHAPTERS: readonly Chapter[] = [
  {
    title: 'Check',
    why: 'Before anything is planned: is the spec valid, do both keys work, and what may they read?',
    commands: [{ argv: ['validate'], expected: 0 }],
  },
  {
    title: 'Plan',
    why: 'Both organizations are read and compared; every create, update and obstacle is written down, and nothing else happens.',
    commands: [{ argv: ['plan', '-o', 'plan.out'], expected: 0 }],
  },
  {
    title: 'Review',
    why: 'The saved plan is what colleagues approve; as Markdown it is a comment on a pull request.',
    commands: [{ argv: ['show', 'plan.out', '--format', 'markdown'], expected: 0 }],
  },
  {
    title: 'Apply',
    why: 'Exactly that plan is carried out, in the order of its dependencies; had anything moved since, it would refuse.',
    commands: [{ argv: ['apply', 'plan.out'], expected: 0 }],
  },
  {
    title: 'Again',
    why: 'The same commands can run every night: there is nothing left to do, and nothing has drifted.',
    commands: [
      { argv: ['plan'], expected: 0 },
      { argv: ['drift'], expected: 0 },
      { argv: ['state', 'list', 'prompt.*.*'], expected: 0 },
    ],
  },
  {
    title: 'The source moves on',
    why: 'One prompt is edited in Acme Dev, so the next plan is that one update.',
    edit: { side: 'source', line: 'Name the order number first.' },
    commands: [
      { argv: ['plan', '-o', 'update.out'], expected: 0 },
      { argv: ['apply', 'update.out'], expected: 0 },
    ],
  },
  {
    title: 'Rows arrive',
    why: 'Two questions are added to a dataset of Acme Dev: the next plan counts them, and apply copies these two rows and no others.',
    questions: ['Can I pay by invoice?', 'Do you ship to Norway?'],
    commands: [
      { argv: ['plan', '-o', 'rows.out'], expected: 0 },
      { argv: ['apply', 'rows.out'], expected: 0 },
    ],
  },
  {
    title: 'Somebody edits production',
    why: 'The same prompt is edited by hand in Acme Prod: drift says who moved and ends with 2, and a plan takes it back.',
    edit: { side: 'destination', line: 'Always offer a voucher.' },
    commands: [
      { argv: ['drift'], expected: 2 },
      { argv: ['plan', '-o', 'back.out'], expected: 0 },
      { argv: ['apply', 'back.out'], expected: 0 },
      { argv: ['drift'], expected: 0 },
    ],
  },
];
