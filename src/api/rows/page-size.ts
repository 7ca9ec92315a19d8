/** Pages in a row that must succeed before a size that failed is tried again; each failure makes it four times as many. */
const FIRST_PATIENCE = 4;

/**
 * How many rows to ask for, learnt from what the server could give; one for each stream, shared by all who read it.
 *
 * Every `next` is followed by one `served`, `refused`, `tooLarge` or `unknown` with the number that was asked for. A size
 * that is refused is halved, and refusals of requests sent before that do not halve again. Below the size that failed it
 * doubles with each page; at that size one request at a time tries, after `patience` pages.
 */
export class PageSize {
  private readonly largest: number;
  private readonly tell: (rows: number) => void;
  private size: number;
  /** Smallest size that failed. */
  private failed = Number.POSITIVE_INFINITY;
  private patience = FIRST_PATIENCE;
  private successes = 0;
  private trying = false;
  private bytesPerRow = 0;

  /** `tell` hears the most rows that are asked for, now and whenever that changes. */
  constructor(largest: number, tell: (rows: number) => void) {
    this.largest = largest;
    this.tell = tell;
    this.size = largest;
    tell(largest);
  }

  /** Rows to ask for: at most `rows`, and not many more bytes than `bytes` when rows are as large as those before. */
  next(rows: number, bytes: number): number {
    const allowed = Math.min(rows, this.bytesPerRow === 0 ? rows : Math.max(1, Math.floor(bytes / this.bytesPerRow)));
    if (allowed > this.size && this.successes >= this.patience && !this.trying) {
      this.trying = true;
      return Math.min(allowed, this.doubled());
    }
    return Math.min(allowed, this.size);
  }

  /** `size` is that of the answer in bytes; `rows` in it, or as many as could be. */
  served(asked: number, rows: number, size: number): void {
    if (rows > 0) {
      const seen = size / rows;
      this.bytesPerRow = Math.max(seen, this.bytesPerRow * 0.75 + seen * 0.25);
    }
    if (asked < this.size) return;
    if (asked > this.size) {
      this.resize(asked);
      this.trying = false;
      this.successes = 0;
      if (asked >= this.failed) {
        this.failed = Number.POSITIVE_INFINITY;
        this.patience = FIRST_PATIENCE;
      }
      return;
    }
    this.successes += 1;
    if (this.doubled() * 2 <= this.failed) this.resize(this.doubled());
  }

  /** The server could not give so many rows. */
  refused(asked: number): void {
    if (asked > this.size) {
      if (!this.trying) return;
      this.trying = false;
      this.patience *= 4;
    } else this.resize(Math.max(1, Math.floor(asked / 2)));
    this.failed = Math.min(this.failed, asked);
    this.successes = 0;
  }

  /** So many rows are more than twice the `bytes` wanted; `bytesPerRow` as far as it was seen. */
  tooLarge(asked: number, bytesPerRow: number | null, bytes: number): void {
    this.unknown(asked);
    this.bytesPerRow = Math.max(this.bytesPerRow, bytesPerRow ?? 0, (2 * bytes) / asked);
  }

  /** The request ended without telling anything about its size. */
  unknown(asked: number): void {
    if (asked > this.size) this.trying = false;
  }

  private resize(rows: number): void {
    if (rows === this.size) return;
    this.size = rows;
    this.tell(rows);
  }

  private doubled(): number {
    return Math.min(this.largest, this.size * 2);
  }
}
