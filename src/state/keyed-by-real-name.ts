/** A map with stored names as keys that answers to real ones. Iterating gives the stored names. */
export class KeyedByRealName<Value> extends Map<string, Value> {
  private readonly storedName: (name: string) => string;

  constructor(entries: Iterable<readonly [string, Value]>, storedName: (name: string) => string) {
    super(entries);
    this.storedName = storedName;
  }

  override get(name: string): Value | undefined {
    return super.get(this.storedName(name));
  }

  override has(name: string): boolean {
    return super.has(this.storedName(name));
  }
}
