import * as z from 'zod';
import { BtMigrateError } from '../domain/errors.ts';
import { sha256 } from '../domain/fingerprint.ts';
import { canonicalJson, prettyJson } from '../domain/json.ts';
import { STATE_DOCUMENT_VERSION, type StateDocument, type StoredRun } from '../domain/state.ts';
import { mappingsOf } from './convert-rows.ts';
import type { StateTables } from './state-tables.ts';
import { insertStreams, STREAMS, streamsOf } from './stream-document.ts';

/** Everything in the tables but the lock, in the order of the keys: equal states give equal documents. */
export function documentOf(tables: StateTables): StateDocument {
  const meta = tables.meta.row({ id: 1 });
  if (meta === undefined) throw new Error('A state has one row of metadata.');
  const { id: _, ...head } = meta;
  const running = tables.run.rows({ status: 'running' }).map(({ run_id }) => run_id);
  return sealed({
    format_version: STATE_DOCUMENT_VERSION,
    ...head,
    mappings: mappingsOf(tables),
    runs: tables.run.rows().map((run) => ({ ...run, journal: journalOf(tables, run) })),
    secret_hmacs: tables.secret.rows(),
    streams: streamsOf(tables, new Set(running)),
  });
}

/** The bytes of `state export`. */
export function formatStateDocument(document: StateDocument): string {
  return prettyJson(document);
}

/**
 * Reads the bytes of `state export` back.
 * @throws BTM_STATE_UNREADABLE when it is something else, was edited or cut, or has a format this version does not read.
 */
export function parseStateDocument(text: string): StateDocument {
  const value = parse(text);
  const version = z.object({ format_version: z.string() }).safeParse(value).data?.format_version;
  if (version === undefined) throw refused('It is not the output of `bt-migrate state export`.');
  if (version.split('.')[0] !== STATE_DOCUMENT_VERSION.split('.')[0]) {
    throw refused(`It has format ${version}; this version of bt-migrate reads ${STATE_DOCUMENT_VERSION}.`);
  }
  const result = DOCUMENT.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw refused(`It is not complete at ${issue?.path.join('.')}: ${issue?.message}.`);
  }
  const { digest, streams, mappings: read, ...others } = result.data;
  const mappings = read.map(({ base, ...mapping }) => (base === undefined ? mapping : { ...mapping, base }));
  const rest = { ...others, mappings };
  const document = sealed(streams === undefined ? rest : { ...rest, streams });
  if (document.digest !== digest) throw refused('Its digest does not match its content: it was edited or cut.');
  return document;
}

export function insertDocument(tables: StateTables, document: StateDocument): void {
  const { lineage, serial, salt, source_org_id, destination_org_id } = document;
  tables.meta.put({ id: 1, lineage, serial, salt, source_org_id, destination_org_id });
  for (const { base, ...mapping } of document.mappings) {
    tables.mapping.put(mapping);
    if (base !== undefined) tables.base.put({ kind: mapping.kind, source_id: mapping.source_id, base });
  }
  for (const secret of document.secret_hmacs) tables.secret.put(secret);
  for (const { journal, ...run } of document.runs) {
    tables.run.put(run);
    for (const entry of journal) tables.journal.put({ run_id: run.run_id, ...entry });
  }
  if (document.streams !== undefined) insertStreams(tables, document.streams);
}

function journalOf(tables: StateTables, run: Omit<StoredRun, 'journal'>): StoredRun['journal'] {
  if (run.status === 'finished') return [];
  return tables.journal.rows({ run_id: run.run_id }).map(({ run_id: _, ...entry }) => entry);
}

function sealed(document: Omit<StateDocument, 'digest'>): StateDocument {
  return { ...document, digest: sha256(canonicalJson(document)) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refused('It is not JSON.', cause);
  }
}

function refused(why: string, cause?: unknown): BtMigrateError {
  return new BtMigrateError('BTM_STATE_UNREADABLE', {
    detail: `The exported state cannot be imported. ${why}`,
    hint: 'Import the file as `bt-migrate state export` wrote it.',
    cause,
  });
}

const nullableText = z.string().nullable();

const DOCUMENT = z.strictObject({
  format_version: z.string(),
  lineage: z.string().min(1),
  serial: z.int().min(0),
  source_org_id: nullableText,
  destination_org_id: nullableText,
  salt: z.string().regex(/^[0-9a-f]{64}$/),
  mappings: z.array(
    z.strictObject({
      kind: z.string(),
      source_id: z.string(),
      destination_id: z.string(),
      address: z.string(),
      origin: z.enum(['created', 'adopted']),
      fingerprint: z.string(),
      base: z.string().optional(),
      run_id: nullableText,
    }),
  ),
  runs: z.array(
    z.strictObject({
      run_id: z.string(),
      plan_digest: z.string(),
      status: z.enum(['running', 'finished']),
      tool_version: z.string(),
      started_at: z.string(),
      finished_at: nullableText,
      journal: z.array(
        z.strictObject({
          action_id: z.string(),
          phase: z.enum(['begun', 'done', 'failed']),
          fingerprint: nullableText,
          error_code: nullableText,
          error_summary: nullableText,
        }),
      ),
    }),
  ),
  secret_hmacs: z.array(z.strictObject({ name: z.string(), hmac: z.string() })),
  streams: STREAMS.optional(),
  digest: z.string(),
});
