import type { Emulator } from '../../emulator/start-emulator.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; null when it is not JSON. */
  readonly body: unknown;
}

/** An object in an answer. */
export type Shown = Record<string, unknown> & { readonly id: string };

/** Plain HTTP calls to an emulator with one key. */
export class EmulatorClient {
  readonly #url: string;
  readonly #key: string;

  constructor(url: string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#key}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'manual',
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parse(text) };
  }

  /** The object of a 200 answer; any other status is a failure that shows the text. */
  async object(method: string, path: string, body?: unknown): Promise<Shown> {
    const answer = await this.call(method, path, body);
    if (answer.status !== 200) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
    return answer.body as Shown;
  }

  /** The elements of a list answer, `{objects}` or a bare array. */
  async list(path: string): Promise<Shown[]> {
    const answer = await this.object('GET', path);
    return Array.isArray(answer) ? (answer as Shown[]) : (answer.objects as Shown[]);
  }
}

/** A client for the org with this name, the first org when left out. */
export function clientOf(emulator: Emulator, org?: string): EmulatorClient {
  const chosen = org === undefined ? emulator.orgs[0] : emulator.orgs.find(({ name }) => name === org);
  if (chosen === undefined) throw new Error(`the emulator has no org ${org}`);
  return new EmulatorClient(emulator.url, chosen.key);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
