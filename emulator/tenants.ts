import { randomUUID } from 'node:crypto';
import type { Database } from './store/database.ts';
import { ObjectTable } from './store/object-table.ts';
import type { KeyGrant, Org, User } from './tenancy.ts';

/** Who is invited. */
export interface Person {
  readonly email: string;
  readonly given_name?: string | null;
  readonly family_name?: string | null;
}

/** Orgs, people, memberships and keys. */
export class Tenants {
  readonly organizations: ObjectTable;
  readonly users: ObjectTable;
  /** One object per membership, id `<org>:<user>`. */
  readonly members: ObjectTable;
  /** One object per key, the key itself hidden. */
  readonly apiKeys: ObjectTable;
  readonly serviceTokens: ObjectTable;
  readonly #now: () => string;
  readonly #userIdsGlobal: boolean;

  constructor(database: Database | null, now: () => string, userIdsGlobal: boolean) {
    this.organizations = new ObjectTable('organization', database);
    this.users = new ObjectTable('user', database);
    this.members = new ObjectTable('member', database);
    this.apiKeys = new ObjectTable('api_key', database);
    this.serviceTokens = new ObjectTable('service_token', database);
    this.#now = now;
    this.#userIdsGlobal = userIdsGlobal;
  }

  get tables(): readonly ObjectTable[] {
    return [this.organizations, this.users, this.members, this.apiKeys, this.serviceTokens];
  }

  orgs(): Org[] {
    return this.organizations.all().map((stored) => stored.fields as unknown as Org);
  }

  org(id: string): Org | undefined {
    return this.organizations.live(id)?.fields as Org | undefined;
  }

  orgByName(name: string): Org | undefined {
    return this.organizations.byKey(orgKey(name))?.fields as Org | undefined;
  }

  addOrg(name: string, id: string = randomUUID()): Org {
    const created = this.#now();
    const fields = {
      id,
      name,
      api_url: null,
      is_universal_api: null,
      is_dataplane_private: null,
      proxy_url: null,
      realtime_url: null,
      created,
      image_rendering_mode: null,
    };
    this.organizations.put({ id, orgId: id, ownerId: '', created, uniqueKey: orgKey(name), deleted: false, fields });
    return fields;
  }

  user(id: string): User | undefined {
    return this.users.live(id)?.fields as User | undefined;
  }

  usersOf(orgId: string): User[] {
    return this.members.ofOrg(orgId).flatMap((member) => this.user(String(member.fields.user_id)) ?? []);
  }

  isMember(orgId: string, userId: string): boolean {
    return this.members.live(`${orgId}:${userId}`) !== undefined;
  }

  /** Finds the person by e-mail (any case) or creates him, and makes him a member. */
  invite(orgId: string, person: Person): User {
    const user = this.createUser(orgId, person);
    if (!this.isMember(orgId, user.id)) this.addMember(orgId, user.id);
    return user;
  }

  addMember(orgId: string, userId: string): void {
    const id = `${orgId}:${userId}`;
    this.members.put({
      id,
      orgId,
      ownerId: orgId,
      created: this.#now(),
      uniqueKey: id,
      deleted: false,
      fields: { user_id: userId },
    });
  }

  removeMember(orgId: string, userId: string): void {
    this.members.remove(`${orgId}:${userId}`);
  }

  /** Makes `key` open the orgs; a key that exists gets them in addition. */
  addKey(
    key: string,
    userId: string,
    orgIds: readonly string[],
    name = 'default',
    table = this.apiKeys,
  ): Record<string, unknown> {
    const known = table.byKey(key);
    const opened = [...new Set([...((known?.hidden?.org_ids as string[] | undefined) ?? []), ...orgIds])];
    const id = known?.id ?? randomUUID();
    const created = known?.created ?? this.#now();
    const fields = {
      id,
      created,
      name,
      preview_name: `${key.slice(0, 6)}…${key.slice(-4)}`,
      user_id: userId,
      org_id: opened.length === 1 ? opened[0] : null,
    };
    const orgId = opened[0] ?? '';
    table.put({
      id,
      orgId,
      ownerId: userId,
      created,
      uniqueKey: key,
      deleted: false,
      fields,
      hidden: { key, org_ids: opened },
    });
    return fields;
  }

  /** What a bearer token opens; undefined for an unknown one. */
  grant(key: string): KeyGrant | undefined {
    const stored = this.apiKeys.byKey(key) ?? this.serviceTokens.byKey(key);
    if (stored === undefined) return undefined;
    return {
      key,
      userId: String(stored.fields.user_id),
      orgIds: (stored.hidden?.org_ids as string[] | undefined) ?? [],
    };
  }

  /** The person with this e-mail, created when unknown; per org when user ids are not global. */
  createUser(orgId: string, person: Person): User {
    const email = person.email.toLowerCase();
    const uniqueKey = this.#userIdsGlobal ? email : `${orgId}:${email}`;
    const known = this.users.byKey(uniqueKey)?.fields as User | undefined;
    if (known !== undefined) return known;
    const user: User = {
      id: randomUUID(),
      given_name: person.given_name ?? null,
      family_name: person.family_name ?? null,
      email: person.email,
      avatar_url: null,
      created: this.#now(),
    };
    this.users.put({
      id: user.id,
      orgId,
      ownerId: orgId,
      created: user.created,
      uniqueKey,
      deleted: false,
      fields: { ...user },
    });
    return user;
  }
}

function orgKey(name: string): string {
  return JSON.stringify(['', name]);
}
