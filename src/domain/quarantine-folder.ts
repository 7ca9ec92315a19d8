/** Where the bodies of quarantined rows are kept: user data, so readable by its owner only. */
export interface QuarantineFolder {
  /** Writes a file as a whole, in place of one of that name. `name` has no separators in it. Throws BTM_FAILED. */
  write(name: string, bytes: Buffer): Promise<void>;
  /** Throws BTM_FAILED when there is no such file. */
  read(name: string): Promise<Buffer>;
}
