import { BtMigrateError } from '../domain/errors.ts';
import { equalJson, type JsonObject } from '../domain/json.ts';
import type { OrgIdentity, OrgReader } from '../domain/org.ts';
import type { Inventory } from '../domain/resource.ts';
import type { ProviderDefinition } from '../providers/define-provider.ts';
import { keyFields } from './create-object.ts';

/** How long a list answers for the creates after it, milliseconds. */
const FRESH_MS = 10_000;

interface Listed {
  readonly at: number;
  readonly objects: Promise<readonly JsonObject[]>;
}

/**
 * Looks, right before a create, whether somebody has taken its key since apply began. Only for kinds whose POST to a
 * taken key looks like a create: it writes over a prompt or function, or answers with an experiment (fact sheet 2.3). One
 * list of the project answers for ten seconds of creates; what is made by hand after the list is not noticed.
 */
export class TakenKeys {
  private readonly destination: OrgReader;
  private readonly org: OrgIdentity;
  private readonly before: Inventory;
  private readonly now: () => number;
  private readonly lists = new Map<string, Listed>();

  constructor(destination: OrgReader, before: Inventory, now: () => number) {
    this.destination = destination;
    this.org = before.org;
    this.before = before;
    this.now = now;
  }

  /** Throws BTM_EXISTS_NOW when something has the key of these fields, which are the destination's values. */
  async refuse(definition: ProviderDefinition, fields: JsonObject): Promise<void> {
    if (definition.writes?.silentPost !== true) return;
    const project = String(fields.project_id);
    // Nobody knows yet of a project that this run has made.
    if (this.before.find(['project'], project) === undefined) return;
    const keys = [...keyFields(definition)];
    const objects = await this.list(definition, project);
    const found = objects.find((object) => keys.every((key) => equalJson(object[key] ?? null, fields[key] ?? null)));
    if (found === undefined) return;
    const version = typeof found._xact_id === 'string' ? `, version ${found._xact_id}` : '';
    throw new BtMigrateError('BTM_EXISTS_NOW', {
      detail: `Somebody made a ${definition.kind} of this name since apply began (id ${String(found.id)}${version}). It was left as it is, and nothing was sent.`,
      hint: 'Look at it in the destination, then plan again: it will show up as a conflict, or as adopted when it is equal.',
    });
  }

  private list(definition: ProviderDefinition, project: string): Promise<readonly JsonObject[]> {
    // The list of functions shows the prompts of the shared table too (fact sheet 2.3).
    const [path = definition.path] = [definition.path, ...(definition.list?.also ?? [])].sort();
    const key = `${path} ${project}`;
    const known = this.lists.get(key);
    if (known !== undefined && this.now() - known.at < FRESH_MS) return known.objects;
    const objects = this.destination
      .list({
        kind: definition.kind,
        path,
        query: { org_name: this.org.orgName, project_id: project },
        paging: 'cursor',
        envelope: 'objects',
      })
      .then((answer) => answer.objects);
    this.lists.set(key, { at: this.now(), objects });
    return objects;
  }
}
