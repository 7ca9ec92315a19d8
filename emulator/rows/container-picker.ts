import { ApiError } from '../api-error.ts';
import type { RequestContext } from '../route.ts';
import type { ContainerType } from './container-ref.ts';
import { resolveContainer } from './resolve-container.ts';
import type { RowContainer } from './row-container.ts';
import { fieldNumber } from './row-field.ts';
import { InvalidRowError } from './row-limits.ts';
import type { RowScanner } from './scan-row.ts';

const EXPERIMENT_ID = fieldNumber('experiment_id');
const DATASET_ID = fieldNumber('dataset_id');
const PROMPT_SESSION_ID = fieldNumber('prompt_session_id');
const PROJECT_ID = fieldNumber('project_id');
const LOG_ID = fieldNumber('log_id');
const QUOTE = 0x22;
const LETTER_G = 0x67;

/** Finds the container of each row of a request by the row's container keys (fact sheet 4.4). */
export class ContainerPicker {
  readonly #context: RequestContext;
  readonly #known = new Map<string, RowContainer>();
  // The last answer, since rows of one container come in runs.
  #lastField = -1;
  #lastId = Buffer.alloc(0);
  #last: RowContainer | null = null;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  /** @throws ApiError for a container that is absent or foreign, InvalidRowError for a row that names none. */
  pick(bytes: Buffer, scanner: RowScanner): RowContainer {
    let member = -1;
    let logId = -1;
    for (let n = 0; n < scanner.count; n++) {
      const field = scanner.field[n] as number;
      if (field === LOG_ID) logId = n;
      else if (field < PROJECT_ID || field > PROMPT_SESSION_ID) continue;
      else if (bytes[scanner.valueStart[n] as number] !== QUOTE) continue;
      else if (member === -1 || scanner.field[member] === PROJECT_ID) member = n;
    }
    if (member === -1) throw new InvalidRowError('A row names no project_id, experiment_id or dataset_id');
    const field = scanner.field[member] as number;
    const start = (scanner.valueStart[member] as number) + 1;
    const end = (scanner.end[member] as number) - 1;
    if (field === PROJECT_ID) checkLogId(bytes, scanner, logId);
    if (this.#last !== null && field === this.#lastField && sameBytes(bytes, start, end, this.#lastId))
      return this.#last;
    const type = typeOf(field);
    const id = bytes.toString('utf8', start, end);
    const found = this.#known.get(`${type}:${id}`) ?? this.#open(type, id);
    this.#lastField = field;
    this.#lastId = Buffer.from(bytes.subarray(start, end));
    this.#last = found;
    return found;
  }

  #open(type: ContainerType, id: string): RowContainer {
    const found = this.#context.world.rows.container(resolveContainer(this.#context, type, id));
    this.#known.set(`${type}:${id}`, found);
    return found;
  }
}

function checkLogId(bytes: Buffer, scanner: RowScanner, member: number): void {
  if (member === -1) throw new InvalidRowError('A row with project_id needs log_id');
  const start = scanner.valueStart[member] as number;
  if (bytes[start + 1] === LETTER_G && (scanner.end[member] as number) - start === 3) return;
  const logId = bytes.toString('utf8', start, scanner.end[member]);
  throw new ApiError(400, `Rows with log_id ${logId} cannot be written through logs3 here`, 'json');
}

function sameBytes(bytes: Buffer, start: number, end: number, other: Buffer): boolean {
  if (end - start !== other.length) return false;
  for (let i = 0; i < other.length; i++) if (bytes[start + i] !== other[i]) return false;
  return true;
}

function typeOf(field: number): ContainerType {
  if (field === EXPERIMENT_ID) return 'experiment';
  if (field === DATASET_ID) return 'dataset';
  return field === PROJECT_ID ? 'project_logs' : 'playground_logs';
}
