import { join } from 'node:path';
import { BtMigrateError } from '../../domain/errors.ts';
import type { Side } from '../../domain/event.ts';
import { packageRoot } from '../package-root.ts';
import { writePrivateFile } from '../write-private-file.ts';
import { CHAPTERS, type DemoCommand } from './chapters.ts';
import { demoEnvironment, makeOutputFolder, writeDemoFiles } from './demo-folder.ts';
import { type DemoServer, SERVER_ARGV, startDemoServer } from './demo-server.ts';
import { DemoView, plainOutput } from './demo-view.ts';
import { addQuestions, EDITED_SLUG, editPrompt, GROWING_DATASET } from './edit-orgs.ts';
import { type Installation, runBinary } from './run-binary.ts';

/** A step as `demo --json` lists it. */
export type DemoStep = {
  readonly command: string;
  readonly exit_code: number;
  readonly expected: number;
  /** File with its whole output, relative to the folder. */
  readonly output: string;
};

export interface StoryOptions {
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly color: boolean;
  readonly signal: AbortSignal;
  readonly print: (text: string) => Promise<void>;
}

/**
 * Runs the demo: a server with two organizations, then the built binary step by step as a user would, each shown with
 * its real output. Stops at the first step that ends otherwise than expected, and always stops the server.
 * @throws BTM_FAILED when the server does not start, and the reason of the signal.
 */
export async function tellStory({ folder, env, color, signal, print }: StoryOptions): Promise<readonly DemoStep[]> {
  const view = new DemoView(color);
  const started = performance.now();
  const installation: Installation = {
    binary: `${packageRoot()}bin/bt-migrate.js`,
    cwd: folder,
    env: childEnvironment(env, color),
  };
  await print(view.opening(folder));
  await print(
    view.heading(1, {
      title: 'Two organizations',
      why: 'The embedded server plays Braintrust: Acme Dev uses every kind of resource there is, Acme Prod is empty.',
    }),
  );
  const server = await startDemoServer(installation);
  const steps: DemoStep[] = [];
  try {
    await print(`${view.prompt(`bt-migrate ${SERVER_ARGV.join(' ')} &`)}${server.line}\n`);
    await writeDemoFiles(folder, server, installation.binary);
    makeOutputFolder(folder);
    for (const [index, chapter] of CHAPTERS.entries()) {
      await print(view.heading(index + 2, chapter));
      if (chapter.edit !== undefined) await edit(server, chapter.edit, view, print);
      if (chapter.questions !== undefined) await ask(server, chapter.questions, view, print);
      for (const command of chapter.commands) {
        signal.throwIfAborted();
        const step = await runStep(installation, command, steps.length + 1, { view, signal, print });
        steps.push(step);
        if (step.exit_code !== step.expected) return steps;
      }
    }
    await print(view.closing(folder, steps.length, performance.now() - started));
    return steps;
  } finally {
    await server.stop();
  }
}

interface Showing {
  readonly view: DemoView;
  readonly signal: AbortSignal;
  readonly print: StoryOptions['print'];
}

async function runStep(
  installation: Installation,
  { argv, expected }: DemoCommand,
  number: number,
  { view, signal, print }: Showing,
): Promise<DemoStep> {
  const command = ['bt-migrate', ...argv.map(typed)].join(' ');
  await print(view.prompt(command));
  const { exitCode, output, durationMs } = await runBinary(installation, argv, signal);
  signal.throwIfAborted();
  const file = join('output', `${String(number).padStart(2, '0')}-${argv[0]}.txt`);
  await writePrivateFile(join(installation.cwd, file), plainOutput(output));
  await print(view.output(output, file) + view.ended(exitCode, expected, durationMs));
  return { command, exit_code: exitCode, expected, output: file };
}

/** An argument as one types it into a shell. */
function typed(text: string): string {
  return /^[\w./=-]+$/.test(text) ? text : `'${text}'`;
}

async function edit(
  server: DemoServer,
  { side, line }: { readonly side: Side; readonly line: string },
  view: DemoView,
  print: StoryOptions['print'],
): Promise<void> {
  const org = orgOf(server, side);
  await editPrompt({ url: server.url, key: org.key }, line);
  await print(view.happening(`In ${org.name}, the prompt "${EDITED_SLUG}" gets a new last line: "${line}"`));
}

async function ask(
  server: DemoServer,
  questions: readonly string[],
  view: DemoView,
  print: StoryOptions['print'],
): Promise<void> {
  const org = orgOf(server, 'source');
  await addQuestions({ url: server.url, key: org.key }, questions);
  const added = questions.map((question) => `"${question}"`).join(' and ');
  await print(view.happening(`In ${org.name}, the dataset "${GROWING_DATASET}" gets two more rows: ${added}`));
}

function orgOf({ orgs }: DemoServer, side: Side): DemoServer['orgs'][number] {
  const org = orgs[side === 'source' ? 0 : 1];
  if (org !== undefined) return org;
  throw new BtMigrateError('BTM_FAILED', { detail: 'The embedded server has lost an organization.' });
}

/** The user's environment, without real keys and URLs: those of the demo come from its `.env`, and the real ones would win. */
function childEnvironment(env: StoryOptions['env'], color: boolean): Installation['env'] {
  const own = new Set(Object.keys(demoEnvironment({ url: '', orgs: [] })));
  const kept = Object.entries(env).filter(([name]) => !own.has(name) && name !== 'FORCE_COLOR' && name !== 'NO_COLOR');
  return { ...Object.fromEntries(kept), ...(color ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }) };
}
