/*
 * cli/ is the only place for argv, environment, terminal and console. A command line becomes one command, which calls
 * the engine and returns a result; this file writes that result, or the error, and decides the exit code. With --json
 * stdout is exactly one document, whatever happens.
 */
import type { JsonObject } from '../domain/json.ts';
import { stringifyJson } from '../domain/json.ts';
import { TOOL_VERSION } from '../domain/tool-version.ts';
import { awaitSignals } from './await-signals.ts';
import { annotateForGithub, summarizeForGithub } from './ci/tell-github.ts';
import type { CliIo } from './cli-io.ts';
import { commands, groups } from './commands.ts';
import type { Command, CommandContext, CommandResult } from './define-command.ts';
import { openReporter } from './open-reporter.ts';
import { asksForJson, type Invocation, parseCommandLine } from './register-commands.ts';
import { usesColor } from './uses-color.ts';
import { type ErrorReport, errorMember, renderError, reportError } from './views/render-error.ts';
import { tolerateFailures, writeText } from './write-text.ts';

/** Version of the JSON documents on stdout; a new major number may rename or remove members. */
const OUTPUT_FORMAT_VERSION = '1.0';
const WIDEST = 100;

/** Runs one command line in this process and returns its exit code (contract section 2). Never throws. */
export async function runCli(
  argv: readonly string[],
  io: CliIo,
  known: readonly Command[] = commands,
): Promise<number> {
  const json = asksForJson(argv);
  const released = [tolerateFailures(io.stdout), tolerateFailures(io.stderr)];
  let invocation: Invocation | undefined;
  let printed: string | undefined;
  const print = async (text: string): Promise<void> => {
    printed = text;
    await writeText(io.stdout, text);
  };
  const tell = async (report: ErrorReport): Promise<void> => {
    const debug = invocation?.asks === 'run' && invocation.globals.logLevel === 'debug';
    // Only a terminal is wrapped for: elsewhere a line break would cut what somebody searches or copies.
    const columns = io.stderr.isTTY === true ? Math.min(WIDEST, io.stderr.columns ?? 80) : Number.POSITIVE_INFINITY;
    const color = usesColor(io, io.stderr, argv.includes('--no-color'));
    // When not even this can be written, the exit code has to do.
    await writeText(io.stderr, renderError(report, { columns, color, debug })).catch(() => {});
    await annotateForGithub(io, report);
  };
  try {
    invocation = parseCommandLine(argv, known, Math.min(WIDEST, io.stdout.columns ?? 80));
    const { name, result } = await perform(invocation, io, print, known);
    if (result.printed !== true) {
      await print(json ? documentOf(name, result) : (result.text ?? `${result.summary}\n`));
    }
    await summarizeForGithub(io, name, json ? (result.text ?? result.summary) : (printed ?? ''));
    if (result.error !== undefined) await tell(reportError(result.error));
    return result.exitCode;
  } catch (error) {
    const report = reportError(error);
    const command = known.find(({ name }) => `${argv.join(' ')} `.startsWith(`${name} `))?.name ?? null;
    if (json && printed === undefined) {
      const { exitCode, summary } = report;
      await print(documentOf(command, { exitCode, summary, document: { error: errorMember(report) } }));
    }
    await tell(report);
    await summarizeForGithub(io, command, renderError(report, { columns: WIDEST, color: false, debug: false }));
    return report.exitCode;
  } finally {
    for (const release of released) release();
  }
}

async function perform(
  invocation: Invocation,
  io: CliIo,
  print: CommandContext['print'],
  known: readonly Command[],
): Promise<{ readonly name: string; readonly result: CommandResult }> {
  if (invocation.asks === 'help') {
    const { text } = invocation;
    return { name: 'help', result: { exitCode: 0, summary: 'Help', text, document: { help: text } } };
  }
  if (invocation.asks === 'version') {
    const version = TOOL_VERSION;
    return { name: 'version', result: { exitCode: 0, summary: `bt-migrate ${version}`, document: { version } } };
  }
  const { command, globals, values } = invocation;
  const sinks = openReporter(io, globals);
  const signals = awaitSignals(io, command.interrupted ?? 'Run the same command again.', sinks.notice);
  let noticed = (): void => {};
  const crashed = new Promise<never>((_, reject) => {
    noticed = io.onCrash(reject);
  });
  const context: CommandContext = {
    io,
    globals,
    signal: signals.signal,
    giveUp: signals.giveUp,
    report: sinks.report,
    disguise: sinks.disguise,
    commands: known,
    groups,
    color: usesColor(io, io.stdout, globals.noColor),
    print,
  };
  try {
    return { name: command.name, result: await Promise.race([command.run(context, values), crashed]) };
  } finally {
    noticed();
    signals.stop();
    sinks.close();
  }
}

function documentOf(command: string | null, { exitCode, summary, document, error }: CommandResult): string {
  const head: JsonObject = { format_version: OUTPUT_FORMAT_VERSION, command, exit_code: exitCode, summary };
  const told: JsonObject = error === undefined ? {} : { error: errorMember(reportError(error)) };
  return `${stringifyJson({ ...head, ...told, ...document })}\n`;
}
