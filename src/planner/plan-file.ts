import { readFile, stat } from 'node:fs/promises';
import { parsePattern } from '../domain/address.ts';
import { BtMigrateError } from '../domain/errors.ts';
import { isObject, type Json, type JsonObject, prettyJson } from '../domain/json.ts';
import { parseJson } from '../domain/parse-json.ts';
import { actionId, PLAN_FORMAT_VERSION, type Plan } from '../domain/plan.ts';
import { planDigest } from '../domain/plan-digest.ts';
import { planSchema } from './plan-schema.ts';
import { replaceFile } from './replace-file.ts';

/** Stays below the longest string of Node 20 (512 MiB), so that reading never ends in a RangeError. */
const LARGEST_PLAN_BYTES = 400 * 1024 * 1024;

const PLAN_AGAIN = 'Make it again with: bt-migrate plan -o plan.out';

/** Adds the digest: from here on the plan is what people approve. */
export function sealPlan(plan: Omit<Plan, 'digest'>): Plan {
  return { ...plan, digest: planDigest(plan as unknown as JsonObject) };
}

/** Writes the plan as people review it: sorted keys, two spaces, LF; the same plan gives the same bytes. */
export function serializePlan(plan: Plan): string {
  return prettyJson(plan as unknown as JsonObject);
}

/**
 * Reads a plan file and proves that it is whole. White space may differ (an editor or git may have changed it); any
 * other difference changes the digest. Members that a later minor version added are kept.
 * @throws BTM_PLAN_UNREADABLE when there is no such file, it is too large, not a plan, or not what its digest says.
 * @throws BTM_PLAN_VERSION when its format has another major number.
 */
export async function readPlanFile(path: string): Promise<Plan> {
  return parsePlan(await readText(path), path);
}

/**
 * Replaces the file in one step: whoever reads it sees the old plan or the whole new one. Mode 0600.
 * @throws BTM_USAGE when the path cannot be written to, BTM_FAILED when the disk fails or the plan is too large.
 */
export async function writePlanFile(path: string, plan: Plan): Promise<void> {
  const bytes = encode(plan);
  try {
    await replaceFile(path, bytes);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

function parsePlan(text: string, path: string): Plan {
  const document = parseDocument(text, path);
  checkVersion(document, path);
  if (typeof document.digest !== 'string') throw unreadable(path, 'It has no digest.');
  if (document.redacted !== undefined) throw redactedCopy(path, document.digest);
  const actual = planDigest(document);
  if (actual !== document.digest) {
    throw unreadable(
      path,
      `It says its digest is ${document.digest.slice(0, 80)}, but what it holds has ${actual}: it was edited or damaged.`,
    );
  }
  const checked = planSchema.safeParse(document);
  if (!checked.success) {
    const [first] = checked.error.issues;
    throw unreadable(path, `At ${first?.path.join('.') || 'the top'}: ${first?.message ?? 'not a plan'}.`);
  }
  // The document itself, not zod's copy: the copy would lose members of a later minor version.
  const plan = document as unknown as Plan;
  checkActions(plan, path);
  return plan;
}

function parseDocument(text: string, path: string): JsonObject {
  let document: Json;
  try {
    document = parseJson(text);
  } catch (cause) {
    const why = text.trim() === '' ? 'It is empty.' : 'It is not JSON, or it was cut off.';
    throw unreadable(path, why, cause);
  }
  if (!isObject(document)) throw unreadable(path, 'It is JSON, but not a plan.');
  return document;
}

function checkVersion(document: JsonObject, path: string): void {
  const version = document.format_version;
  if (version === undefined) throw unreadable(path, 'It is JSON, but not a plan: it has no format_version.');
  const major = (text: string) => text.split('.', 1)[0];
  if (typeof version === 'string' && major(version) === major(PLAN_FORMAT_VERSION)) return;
  const writer = document.tool_version;
  throw new BtMigrateError('BTM_PLAN_VERSION', {
    detail:
      `"${path}" has plan format ${JSON.stringify(version)?.slice(0, 40)}` +
      `${typeof writer === 'string' ? `, written by bt-migrate ${writer.slice(0, 40)}` : ''}. This version reads format ${major(PLAN_FORMAT_VERSION)}.`,
    hint: `Use the version of bt-migrate that wrote it, or plan again: bt-migrate plan -o plan.out`,
  });
}

/** The executor walks `depends_on`; a name that leads nowhere would make it wait for ever. */
function checkActions(plan: Plan, path: string): void {
  const ids = new Set<string>();
  for (const { id, op, address } of plan.actions) {
    try {
      parsePattern(address);
    } catch (cause) {
      throw unreadable(path, `The action "${id}" has an address that cannot be read.`, cause);
    }
    if (id !== actionId(op, address)) throw unreadable(path, `The action "${id}" is not named after what it does.`);
    if (ids.has(id)) throw unreadable(path, `The action "${id}" is there twice.`);
    ids.add(id);
  }
  for (const action of plan.actions) {
    const unknown = action.depends_on.find((id) => !ids.has(id));
    if (unknown !== undefined) {
      throw unreadable(path, `The action "${action.id}" depends on "${unknown}", which is not in the plan.`);
    }
  }
}

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > LARGEST_PLAN_BYTES) throw tooLarge(path, size);
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (cause) {
    if (cause instanceof BtMigrateError) throw cause;
    if (cause instanceof TypeError) throw unreadable(path, 'It is not UTF-8 text.', cause);
    const code = errnoOf(cause);
    if (code === 'ENOENT') {
      throw new BtMigrateError('BTM_PLAN_UNREADABLE', {
        detail: `There is no file "${path}".`,
        hint: `Check the path, or make the plan first: bt-migrate plan -o plan.out`,
        cause,
      });
    }
    throw unreadable(path, code === 'EISDIR' ? 'It is a folder.' : `It cannot be opened (${code}).`, cause);
  }
}

function encode(plan: Plan): Buffer {
  try {
    const bytes = Buffer.from(serializePlan(plan), 'utf8');
    if (bytes.length <= LARGEST_PLAN_BYTES) return bytes;
  } catch (cause) {
    // A RangeError is how JavaScript says that the text is longer than a string can be.
    if (!(cause instanceof RangeError)) throw cause;
  }
  throw new BtMigrateError('BTM_FAILED', {
    detail: `The plan of ${plan.actions.length} actions is larger than ${LARGEST_PLAN_BYTES} bytes, the most a plan file may hold.`,
    hint: 'Plan a part of it: choose fewer projects in the spec (projects.include), or use --target.',
  });
}

function errnoOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException | undefined)?.code ?? 'unknown error';
}

function unreadable(path: string, why: string, cause?: unknown): BtMigrateError {
  return new BtMigrateError('BTM_PLAN_UNREADABLE', {
    detail: `"${path}" is not a plan file that can be used. ${why}`,
    hint: `${PLAN_AGAIN}. If it came from a CI artifact, download it again.`,
    cause,
  });
}

function redactedCopy(path: string, digest: string): BtMigrateError {
  return new BtMigrateError('BTM_PLAN_UNREADABLE', {
    detail: `"${path}" is a copy of the plan ${digest.slice(0, 80)} without its values, made by show --redact content. It is for reading only.`,
    hint: 'Use the plan file that it was made from, as plan -o wrote it.',
  });
}

function tooLarge(path: string, size: number): BtMigrateError {
  return unreadable(path, `It has ${size} bytes; a plan file has at most ${LARGEST_PLAN_BYTES}.`);
}

function unwritable(path: string, cause: unknown): BtMigrateError {
  const code = errnoOf(cause);
  const placeIsWrong = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EISDIR', 'EROFS', 'ENAMETOOLONG'].includes(code);
  return new BtMigrateError(placeIsWrong ? 'BTM_USAGE' : 'BTM_FAILED', {
    detail: `The plan cannot be written to "${path}" (${code}). Nothing was written there.`,
    hint: placeIsWrong
      ? 'Give a file in a folder that exists and that you may write to: bt-migrate plan -o FILE'
      : 'Free some space, or write it elsewhere: bt-migrate plan -o FILE',
    cause,
  });
}
