import type { Options, OptionValues } from './option.ts';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Options that every command takes (contract section 2). */
export const GLOBAL_OPTIONS = {
  file: { type: 'text', alias: 'f', value: 'FILE', summary: 'The spec; migration.yaml by default' },
  state: { type: 'text', value: 'FILE', summary: 'The state file, instead of the one in the spec' },
  json: { type: 'flag', summary: 'Write one JSON document to stdout' },
  events: { type: 'text', value: 'FILE', summary: 'Write every event to FILE as NDJSON' },
  'no-color': { type: 'flag', summary: 'No colours (also with NO_COLOR)' },
  'no-input': { type: 'flag', summary: 'Never ask; what would need an answer fails' },
  'log-level': {
    type: 'text',
    choices: LOG_LEVELS,
    summary: 'What to log to stderr; warn by default, info with --log-format json',
  },
  'log-format': { type: 'text', choices: ['text', 'json'], summary: 'How to log; json writes events as NDJSON' },
  // The bounds of limits.parallelism in the spec.
  parallelism: { type: 'number', value: 'N', least: 1, most: 1024, summary: 'Most requests in flight per host' },
  'lock-timeout': {
    type: 'number',
    value: 'SECONDS',
    summary: 'How long to wait for the lock of the state; 0 by default',
  },
} as const satisfies Options;

export interface Globals {
  readonly file: string;
  readonly state: string | undefined;
  readonly json: boolean;
  readonly events: string | undefined;
  readonly noColor: boolean;
  /** False when nobody may be asked anything. */
  readonly input: boolean;
  readonly logLevel: LogLevel;
  readonly logFormat: 'text' | 'json';
  readonly parallelism: number | undefined;
  readonly lockTimeoutMs: number;
}

export function readGlobals(values: OptionValues<typeof GLOBAL_OPTIONS>): Globals {
  const logFormat = values['log-format'] ?? 'text';
  return {
    file: values.file ?? 'migration.yaml',
    state: values.state,
    json: values.json,
    events: values.events,
    noColor: values['no-color'],
    input: !values['no-input'],
    logLevel: values['log-level'] ?? (logFormat === 'json' ? 'info' : 'warn'),
    logFormat,
    parallelism: values.parallelism,
    lockTimeoutMs: (values['lock-timeout'] ?? 0) * 1000,
  };
}
