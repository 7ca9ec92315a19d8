/** An organization. `created` is ISO-8601 UTC with milliseconds. */
export interface Org {
  readonly id: string;
  readonly name: string;
  readonly created: string;
}

/** A person. The user table is global to the control plane; membership is per org (fact sheet section 9). */
export interface User {
  readonly id: string;
  readonly given_name: string | null;
  readonly family_name: string | null;
  readonly email: string;
  readonly avatar_url: string | null;
  readonly created: string;
}

/** A key opens one or several orgs and acts as one user. */
export interface KeyGrant {
  readonly key: string;
  readonly userId: string;
  readonly orgIds: readonly string[];
}
