import {
  CLOSE_BRACE,
  COMMA,
  decodeText,
  isText,
  MalformedJsonError,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipColon,
  skipSpace,
  skipString,
  skipValue,
} from './json-bytes.ts';
import { quoted } from './object-members.ts';

/** A reference to an attachment: `{"type":"braintrust_attachment","key":…}` (fact sheet 6). */
export interface FoundAttachment {
  readonly key: string;
  /** Null when absent or not a string. */
  readonly filename: string | null;
  readonly contentType: string | null;
  /** Where the key stands, between its quotes. */
  readonly keyStart: number;
  readonly keyEnd: number;
}

const TYPE = quoted('type');
const KEY = quoted('key');
const FILENAME = quoted('filename');
const CONTENT_TYPE = quoted('content_type');
const ATTACHMENT = quoted('braintrust_attachment');

/** An object or array that is open. `name` is the key whose value is being read, when it is one of ours. */
interface Frame {
  closer: number;
  name: Buffer | null;
  isAttachment: boolean;
  key: number;
  filename: number;
  contentType: number;
}

/**
 * Calls `visit` for every reference to an attachment in the value `bytes[start..end)`, at any depth, the inner ones first.
 * Of repeated keys the last one counts. Throws MalformedJsonError.
 */
export function forEachAttachment(
  bytes: Buffer,
  start: number,
  end: number,
  visit: (found: FoundAttachment) => void,
): void {
  const frames: Frame[] = [];
  let depth = 0;
  let i = start;
  for (;;) {
    const c = bytes[i];
    if (c === OPEN_BRACE || c === OPEN_BRACKET) {
      const frame = openFrame(frames, depth++, c + 2);
      i = skipSpace(bytes, i + 1);
      if (bytes[i] !== frame.closer) {
        if (frame.closer === CLOSE_BRACE) i = enterMember(bytes, i, frame);
        continue;
      }
    } else {
      const frame = frames[depth - 1];
      if (c === QUOTE && frame?.name != null) noteText(bytes, i, frame);
      i = skipValue(bytes, i);
      if (depth > 0) i = skipSpace(bytes, i);
    }
    let top = frames[depth - 1];
    while (depth > 0 && top !== undefined && bytes[i] === top.closer) {
      if (top.isAttachment && top.key >= 0) visit(foundIn(bytes, top));
      top = frames[--depth - 1];
      i++;
      if (depth > 0) i = skipSpace(bytes, i);
    }
    if (depth === 0 || top === undefined) break;
    if (bytes[i] !== COMMA) throw new MalformedJsonError('Expected , or the end of a container', i);
    i = skipSpace(bytes, i + 1);
    if (top.closer === CLOSE_BRACE) i = enterMember(bytes, i, top);
  }
  if (i !== end) throw new MalformedJsonError('Expected the value to end', Math.min(i, end));
}

function openFrame(frames: Frame[], depth: number, closer: number): Frame {
  const frame = frames[depth];
  if (frame === undefined) {
    const opened = { closer, name: null, isAttachment: false, key: -1, filename: -1, contentType: -1 };
    frames.push(opened);
    return opened;
  }
  frame.closer = closer;
  frame.name = null;
  frame.isAttachment = false;
  frame.key = -1;
  frame.filename = -1;
  frame.contentType = -1;
  return frame;
}

/** Reads the key at `at`; answers where its value starts. What an earlier member of that name said is forgotten. */
function enterMember(bytes: Buffer, at: number, frame: Frame): number {
  if (bytes[at] !== QUOTE) throw new MalformedJsonError('Expected a key', at);
  const end = skipString(bytes, at);
  frame.name = null;
  if (isText(bytes, at, end, TYPE)) {
    frame.name = TYPE;
    frame.isAttachment = false;
  } else if (isText(bytes, at, end, KEY)) {
    frame.name = KEY;
    frame.key = -1;
  } else if (isText(bytes, at, end, FILENAME)) {
    frame.name = FILENAME;
    frame.filename = -1;
  } else if (isText(bytes, at, end, CONTENT_TYPE)) {
    frame.name = CONTENT_TYPE;
    frame.contentType = -1;
  }
  return skipColon(bytes, end);
}

function noteText(bytes: Buffer, at: number, frame: Frame): void {
  if (frame.name === TYPE) frame.isAttachment = isText(bytes, at, skipString(bytes, at), ATTACHMENT);
  else if (frame.name === KEY) frame.key = at;
  else if (frame.name === FILENAME) frame.filename = at;
  else frame.contentType = at;
}

function foundIn(bytes: Buffer, frame: Frame): FoundAttachment {
  const text = (at: number): string => decodeText(bytes, at + 1, skipString(bytes, at) - 1);
  return {
    key: text(frame.key),
    filename: frame.filename < 0 ? null : text(frame.filename),
    contentType: frame.contentType < 0 ? null : text(frame.contentType),
    keyStart: frame.key + 1,
    keyEnd: skipString(bytes, frame.key) - 1,
  };
}
