import { randomUUID } from 'node:crypto';
import type { Json } from '../domain/json.ts';
import { storedJson } from '../domain/stored-name.ts';

/**
 * Keeps e-mail addresses out of what is kept: events, logs, reports. They get the form that the state has for them
 * once it is known which state that is; before that, and where there is none, a form that only this process uses.
 */
export class Disguise {
  private lineage: string = randomUUID();

  learn(lineage: string): void {
    this.lineage = lineage;
  }

  of<Document extends Json>(document: Document): Document {
    return storedJson(this.lineage, document) as Document;
  }
}
