/** What all rows of one network operation share. */
export interface WriteStamp {
  /** Low 48 bits of the transaction id. */
  readonly xact: number;
  readonly xactText: string;
  /** Receipt time, milliseconds since 1970. */
  readonly now: number;
}

export function createStamp(xact: bigint, now: number): WriteStamp {
  return { xact: Number(xact & 0xffff_ffff_ffffn), xactText: xact.toString(), now };
}
