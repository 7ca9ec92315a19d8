import type { Address } from './address.ts';

export const VERIFY_LEVELS = ['count', 'hash', 'content'] as const;
export type VerifyLevel = (typeof VERIFY_LEVELS)[number];

/**
 * How what arrived stands to what is there, in the signs of `rclone check`: `=` the same, `+` missing in the destination,
 * `-` only in the destination, `*` different, `!` could not be read.
 */
export type VerifySymbol = '=' | '+' | '-' | '*' | '!';

/** One object or the rows of one container. */
export interface VerifyItem {
  readonly address: Address;
  /** What the verdict rests on; `object` for configuration, which is always compared field by field. */
  readonly level: VerifyLevel | 'object';
  readonly symbol: VerifySymbol;
  /** Null for objects, and where nobody could count. */
  readonly source_rows: number | null;
  readonly destination_rows: number | null;
  /** Rows that differ in spelling only: instants, numbers, the order of keys. Equal all the same. */
  readonly normalized?: number;
  /** Rows whose bytes were looked at in the destination. */
  readonly rows_compared?: number;
  /** Of those that were asked for, `unknown` are told of in `unread_attachments`; left out when there are none. */
  readonly attachments?: { readonly checked: number; readonly unavailable: number; readonly unknown?: number };
  /** In the order of the rows. Whether they can be downloaded is unknown, which is no difference. */
  readonly unread_attachments?: readonly UnreadAttachment[];
  /**
   * References that were followed in the destination. `broken` lead nowhere or to the source. `kept`, of rows only: nothing
   * there answers to them, and copying left them as they were.
   */
  readonly references?: { readonly followed: number; readonly broken: number; readonly kept: number };
  /** Ids of the source in texts of an object: no difference, because nobody can tell what they are meant as. */
  readonly ids_in_text?: number;
  /** True for a difference that nobody has to act on: it is not ours, or the spec accepts it. */
  readonly tolerated?: boolean;
  readonly first_difference?: FirstDifference;
  readonly detail?: string;
}

/** Where to look first. */
export type FirstDifference =
  | { readonly row: string | null; readonly path: string | null; readonly what: 'missing' | 'surplus' | 'changed' }
  | BrokenReference
  | BrokenAttachment
  | {
      readonly created_after: string | null;
      readonly created_before: string | null;
      readonly source_rows: number;
      readonly destination_rows: number;
    }
  | { readonly path: string };

/** A reference in the destination that leads to nothing there, or is still the source's. */
export interface BrokenReference {
  /** Null for the reference of an object. */
  readonly row: string | null;
  readonly path: string;
  /** `KIND:ID`, or the address that a name would have. */
  readonly reference: string;
  readonly leads_to: 'nothing' | 'source';
}

/** An attachment that could not be looked at, for a reason that says nothing about the attachment. */
export interface UnreadAttachment {
  readonly attachment: string;
  /** The destination's when left out. */
  readonly side?: 'source';
  readonly reason: string;
}

/** An attachment that cannot be downloaded, or is not as large as what was copied. */
export interface BrokenAttachment {
  readonly attachment: string;
  readonly row: string | null;
  /** The destination's when left out. */
  readonly side?: 'source';
  /** Null when its store does not tell; left out when there is nothing to download. */
  readonly bytes?: number | null;
  readonly copied_bytes?: number;
}
