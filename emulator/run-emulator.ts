import { type Emulator, type EmulatorOptions, type OrgOption, startEmulator } from './start-emulator.ts';

export interface RunOptions {
  readonly port: number;
  readonly dataFile?: string | undefined;
  /** `demo` or a folder with dump files. */
  readonly seed?: string | undefined;
  /** `NAME=KEY` each; the same key in several makes one key for these orgs. Empty: the two default orgs. */
  readonly orgs: readonly string[];
  readonly controlToken?: string | undefined;
  /** One JSON line for programs, or text for people. */
  readonly json: boolean;
  /** Fires when it is time to stop. */
  readonly signal: AbortSignal;
  /** Takes what goes to stdout, line by line. */
  readonly write: (line: string) => void;
}

/** A start that cannot work, in words for the person who typed it. */
export class EmulatorStartError extends Error {
  readonly code: 'bad_org' | 'bad_seed' | 'port_taken' | 'bad_data_file';
  readonly hint: string;

  constructor(code: EmulatorStartError['code'], summary: string, hint: string) {
    super(summary);
    this.code = code;
    this.hint = hint;
  }
}

/**
 * Starts the emulator, announces it, and stops it cleanly when the signal fires.
 * @throws EmulatorStartError bad_org, bad_seed, port_taken, bad_data_file
 */
export async function runEmulator(options: RunOptions): Promise<void> {
  const emulator = await start(options);
  for (const line of options.json ? [announceJson(emulator)] : announceText(emulator)) options.write(line);
  if (!options.signal.aborted) {
    await new Promise<void>((resolve) => options.signal.addEventListener('abort', () => resolve(), { once: true }));
  }
  await emulator.close();
}

async function start(options: RunOptions): Promise<Emulator> {
  const orgs = options.orgs.map(parseOrg);
  const chosen: EmulatorOptions = {
    port: options.port,
    ...(options.dataFile === undefined ? {} : { dataFile: options.dataFile }),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(orgs.length === 0 ? {} : { orgs }),
    ...(options.controlToken === undefined ? {} : { controlToken: options.controlToken }),
  };
  try {
    return await startEmulator(chosen);
  } catch (error) {
    throw explain(error, options);
  }
}

/** `NAME=KEY`; the name may hold spaces, the first `=` ends it. @throws EmulatorStartError bad_org */
export function parseOrg(text: string): OrgOption {
  const mark = text.indexOf('=');
  const [name, key] = [text.slice(0, Math.max(mark, 0)).trim(), text.slice(mark + 1).trim()];
  if (mark < 0 || name === '' || key === '') {
    throw new EmulatorStartError(
      'bad_org',
      `--org ${JSON.stringify(text)} is not NAME=KEY`,
      'Write --org "Acme Dev=sk-acme-dev".',
    );
  }
  return { name, key };
}

function explain(error: unknown, options: RunOptions): unknown {
  const { code, message = String(error) } = (error ?? {}) as { code?: string; message?: string };
  if (code === 'EADDRINUSE') {
    return new EmulatorStartError(
      'port_taken',
      `port ${options.port} is in use`,
      'Choose another --port, or 0 for a free one.',
    );
  }
  if (code?.startsWith('SQLITE_')) {
    return new EmulatorStartError(
      'bad_data_file',
      `cannot use ${options.dataFile}: ${message}`,
      'Choose another --data file.',
    );
  }
  if (options.seed !== undefined && (code === 'ENOENT' || code === 'ENOTDIR' || message.includes('dump'))) {
    return new EmulatorStartError(
      'bad_seed',
      `cannot seed from ${options.seed}: ${message}`,
      'Use --seed demo or a folder with dump files (*.json).',
    );
  }
  return error;
}

function announceJson({ url, controlUrl, orgs }: Emulator): string {
  const shown = orgs.map(({ name, key }) => ({ name, key }));
  return JSON.stringify({ url, ...(controlUrl === null ? {} : { control_url: controlUrl }), orgs: shown });
}

function announceText({ url, controlUrl, orgs }: Emulator): string[] {
  const width = Math.max(...orgs.map(({ name }) => name.length));
  return [
    `Emulator listening on ${url}`,
    ...orgs.map(({ name, key }) => `  ${name.padEnd(width)}  ${key}`),
    ...(controlUrl === null ? [] : [`Control: ${controlUrl}`]),
    'Stop with Ctrl-C.',
  ];
}
