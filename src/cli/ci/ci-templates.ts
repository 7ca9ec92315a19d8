import { readFileSync } from 'node:fs';
import { TOOL_VERSION } from '../../domain/tool-version.ts';
import { packageRoot } from '../package-root.ts';

export const CI_PROVIDERS = ['github', 'gitlab'] as const;
export type CiProvider = (typeof CI_PROVIDERS)[number];

export interface CiFile {
  /** Where it belongs, relative to the repository. */
  readonly path: string;
  readonly text: string;
}

/** Where the templates of a provider stand in the package, and where they belong in a repository. */
const FILES: Readonly<Record<CiProvider, readonly (readonly [example: string, path: string])[]>> = {
  github: ['plan', 'apply', 'drift'].map(
    (job) => [`github/bt-migrate-${job}.yml`, `.github/workflows/bt-migrate-${job}.yml`] as const,
  ),
  gitlab: [['gitlab/bt-migrate.gitlab-ci.yml', '.gitlab/bt-migrate.gitlab-ci.yml']],
};

/** The examples of this package, with the version that runs now. */
export function ciTemplates(provider: CiProvider): readonly CiFile[] {
  return FILES[provider].map(([example, path]) => ({
    path,
    text: readFileSync(`${packageRoot()}examples/${example}`, 'utf8').replace(
      /(BT_MIGRATE_VERSION: )"[^"]*"/,
      `$1"${TOOL_VERSION}"`,
    ),
  }));
}
