/** Time as the emulated service sees it, in milliseconds since 1970. Runs with the real clock plus an offset, or stands still. */
export class Clock {
  #offset = 0;
  #frozen: number | null = null;

  now(): number {
    return this.#frozen ?? Date.now() + this.#offset;
  }

  iso(): string {
    return new Date(this.now()).toISOString();
  }

  advance(milliseconds: number): void {
    if (this.#frozen === null) this.#offset += milliseconds;
    else this.#frozen += milliseconds;
  }

  set(milliseconds: number): void {
    if (this.#frozen === null) this.#offset = milliseconds - Date.now();
    else this.#frozen = milliseconds;
  }

  freeze(milliseconds: number = this.now()): void {
    this.#frozen = milliseconds;
  }

  /** Lets time run again from where it stood. */
  resume(): void {
    if (this.#frozen === null) return;
    this.#offset = this.#frozen - Date.now();
    this.#frozen = null;
  }
}
