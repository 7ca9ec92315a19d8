/** A value that must never be shown: it prints, serialises and inspects as a mask. */
export class Secret {
  readonly #value: string;
  /** Where the value came from, for messages: the name of an environment variable. */
  readonly origin: string;

  constructor(value: string, origin: string) {
    this.#value = value;
    this.origin = origin;
  }

  /** Hands out the value; only `api/` and the state's HMAC call this. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `[secret from ${this.origin}]`;
  }
}
