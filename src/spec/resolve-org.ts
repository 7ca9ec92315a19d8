import { Secret } from '../domain/secret.ts';
import type { OrgRef } from '../domain/spec.ts';
import type { Problem } from './problem.ts';
import { baseUrl } from './spec-fields.ts';
import type { SpecDocument } from './spec-schema.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_URL = 'https://api.braintrust.dev';

export interface ResolvedOrg {
  readonly ref: OrgRef;
  readonly problems: readonly Problem[];
  /** Set when the spec names another host than the environment: a pull request must not redirect the key of a CI job. */
  readonly mismatch: { readonly variable: string; readonly url: string } | undefined;
}

/** Joins one side of the spec with `BT_…_URL` and the variable that holds its key. An empty variable counts as unset. */
export function resolveOrg(side: SpecDocument['source'], urlVariable: string, env: Environment): ResolvedOrg {
  const written = side.url;
  const text = env[urlVariable];
  const read = text ? baseUrl.safeParse(text) : undefined;
  const problems =
    read === undefined || read.success
      ? []
      : [
          {
            line: undefined,
            column: undefined,
            message: `The variable ${urlVariable} ${read.error.issues[0]?.message}.`,
          },
        ];
  const expected = read?.data;
  const key = env[side.api_key];
  return {
    ref: {
      url: written ?? expected ?? DEFAULT_URL,
      apiKey: key ? new Secret(key, side.api_key) : undefined,
      apiKeyName: side.api_key,
      org: side.org,
    },
    problems,
    mismatch:
      expected !== undefined && written !== undefined && written !== expected
        ? { variable: urlVariable, url: expected }
        : undefined,
  };
}
