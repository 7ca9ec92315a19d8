import { ACL, GROUP, ROLE } from './access.ts';
import { API_KEY, SERVICE_TOKEN } from './credentials.ts';
import { DATASET } from './dataset.ts';
import { EXPERIMENT } from './experiment.ts';
import type { KindDefinition } from './kind-definition.ts';
import { ENVIRONMENT, ORGANIZATION } from './organization.ts';
import { PROJECT } from './project.ts';
import { PROJECT_AUTOMATION } from './project-automation.ts';
import { AGENT, DATASET_SNAPSHOT, MCP_SERVER, PROJECT_SCORE, PROJECT_TAG, SPAN_IFRAME } from './project-parts.ts';
import { AI_SECRET, ENV_VAR } from './secrets.ts';
import { VIEW } from './view.ts';

/** Every kind served by the generic verbs. Prompts and functions are one versioned table of their own. */
export const KINDS: readonly KindDefinition[] = [
  PROJECT,
  EXPERIMENT,
  DATASET,
  ROLE,
  GROUP,
  ACL,
  AGENT,
  PROJECT_AUTOMATION,
  PROJECT_SCORE,
  PROJECT_TAG,
  SPAN_IFRAME,
  VIEW,
  ORGANIZATION,
  API_KEY,
  SERVICE_TOKEN,
  AI_SECRET,
  ENV_VAR,
  MCP_SERVER,
  DATASET_SNAPSHOT,
  ENVIRONMENT,
];
