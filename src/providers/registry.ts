import { type Address, kindOf } from '../domain/address.ts';
import type { ResourceKind } from '../domain/kind.ts';
import type { ProviderDefinition } from './define-provider.ts';
import { acl } from './kinds/acl.ts';
import { agent } from './kinds/agent.ts';
import { aiSecret } from './kinds/ai-secret.ts';
import { dataset } from './kinds/dataset.ts';
import { datasetSnapshot } from './kinds/dataset-snapshot.ts';
import { envVar } from './kinds/env-var.ts';
import { environment } from './kinds/environment.ts';
import { environmentObject } from './kinds/environment-object.ts';
import { experiment } from './kinds/experiment.ts';
import { functionKind } from './kinds/function.ts';
import { group } from './kinds/group.ts';
import { mcpServer } from './kinds/mcp-server.ts';
import { project } from './kinds/project.ts';
import { projectAutomation } from './kinds/project-automation.ts';
import { projectScore } from './kinds/project-score.ts';
import { projectTag } from './kinds/project-tag.ts';
import { prompt } from './kinds/prompt.ts';
import { role } from './kinds/role.ts';
import { spanIframe } from './kinds/span-iframe.ts';
import { user } from './kinds/user.ts';
import { view } from './kinds/view.ts';

/** Every kind; the compiler demands completeness. */
export const PROVIDERS: Readonly<Record<ResourceKind, ProviderDefinition>> = {
  user,
  ai_secret: aiSecret,
  role,
  group,
  environment,
  project,
  mcp_server: mcpServer,
  project_tag: projectTag,
  span_iframe: spanIframe,
  agent,
  dataset,
  function: functionKind,
  prompt,
  env_var: envVar,
  project_score: projectScore,
  experiment,
  dataset_snapshot: datasetSnapshot,
  environment_object: environmentObject,
  view,
  project_automation: projectAutomation,
  acl,
};

/** The definition of the kind that an address begins with. */
export function providerOf(address: Address): ProviderDefinition {
  return PROVIDERS[kindOf(address) as ResourceKind];
}
