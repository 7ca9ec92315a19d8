import { resolve } from 'node:path';
import { connectionsFor } from '../api/connections-for.ts';
import type { ProxyOptions } from '../api/open-dispatcher.ts';
import { openReader, openWriter } from '../api/open-org.ts';
import type { OrgReader, OrgWriter } from '../domain/org.ts';
import type { Spec } from '../domain/spec.ts';
import type { StateStore } from '../domain/state.ts';
import { TOOL_VERSION } from '../domain/tool-version.ts';
import { loadSpec } from '../spec/load-spec.ts';
import { requireKeys } from '../spec/require-keys.ts';
import { openSqliteState } from '../state/open-sqlite-state.ts';
import type { CommandContext } from './define-command.ts';
import { type Environment, readEnvironment } from './read-environment.ts';

/** What a command works with, made of the spec and the flags; everything opened here is closed at the end. */
export interface Workspace {
  readonly spec: Spec;
  /** For commands that write nowhere. */
  openReaders(): { readonly source: OrgReader; readonly destination: OrgReader };
  /** The source stays a reader: nothing can write to it. */
  openForWriting(): { readonly source: OrgReader; readonly destination: OrgWriter };
  /** Read-only: takes no lock and creates no file. */
  openState(): Promise<StateStore>;
}

/**
 * Wires spec, organizations, state and reporter for one command, and closes them when it is done. `specText` stands in for
 * the file where there is none yet.
 * @throws what `loadSpec` throws; BTM_CREDENTIALS_MISSING from `openReaders` and `openForWriting`.
 */
export async function withWorkspace<Result>(
  context: CommandContext,
  use: (workspace: Workspace) => Promise<Result>,
  specText?: string,
): Promise<Result> {
  const { spec, env } = readSpec(context, specText);
  const opened: { close(): Promise<void> }[] = [];
  const keep = <Resource extends { close(): Promise<void> }>(resource: Resource): Resource => {
    opened.push(resource);
    return resource;
  };
  const { report, signal, giveUp, io } = context;
  const proxy = proxyOf(env);
  const connect = connectionsFor({ spec, report, signal, giveUp, toolVersion: TOOL_VERSION, now: io.now, proxy });
  const workspace: Workspace = {
    spec,
    openReaders: () => {
      requireKeys(spec);
      return { source: keep(openReader(connect('source'))), destination: keep(openReader(connect('destination'))) };
    },
    openForWriting: () => {
      requireKeys(spec);
      return { source: keep(openReader(connect('source'))), destination: keep(openWriter(connect('destination'))) };
    },
    openState: async () => keep(await openSqliteState({ ...spec.state, mode: 'read' })),
  };
  try {
    return await use(workspace);
  } finally {
    for (const resource of opened.reverse()) await resource.close();
  }
}

/** Loads the spec that the flags name and lets the flags overrule its place of the state and its parallelism. */
function readSpec(
  { io, globals }: CommandContext,
  text: string | undefined,
): { readonly spec: Spec; readonly env: Environment } {
  const env = readEnvironment(io);
  const spec = loadSpec({ path: resolve(io.cwd, globals.file), env, ...(text === undefined ? {} : { text }) });
  const path = globals.state === undefined ? spec.state.path : resolve(io.cwd, globals.state);
  const parallelism = globals.parallelism ?? spec.limits.parallelism;
  return { spec: { ...spec, state: { ...spec.state, path }, limits: { ...spec.limits, parallelism } }, env };
}

function proxyOf(env: Environment): ProxyOptions | undefined {
  const url = env.HTTPS_PROXY || env.https_proxy;
  return url ? { url, noProxy: env.NO_PROXY ?? env.no_proxy ?? '' } : undefined;
}
