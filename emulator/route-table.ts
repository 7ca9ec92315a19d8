import { aclRoutes } from './app/acl-routes.ts';
import { appRoutes } from './app/app-routes.ts';
import { automationCursorRoutes } from './app/automation-cursor-routes.ts';
import { credentialRoutes } from './app/credential-routes.ts';
import { environmentObjectRoutes } from './app/environment-object-routes.ts';
import { functionPushRoutes } from './app/function-push-routes.ts';
import { loginRoutes } from './app/login.ts';
import { organizationMemberRoutes } from './app/organization-members.ts';
import { secretRoutes } from './app/secret-routes.ts';
import { userRoutes } from './app/user-routes.ts';
import { btqlRoutes } from './btql/btql-routes.ts';
import { KINDS } from './kinds/registry.ts';
import { objectRoutes } from './objects/routes.ts';
import { promptRoutes } from './prompts/prompt-routes.ts';
import type { Route } from './route.ts';
import { rowRoutes } from './rows/row-routes.ts';
import { resourceRoutes } from './verbs/resource-routes.ts';

/** Every route of the emulated service. */
export const apiRoutes: readonly Route[] = [
  ...loginRoutes,
  ...appRoutes,
  ...KINDS.flatMap(resourceRoutes),
  ...promptRoutes,
  ...aclRoutes,
  ...userRoutes,
  ...organizationMemberRoutes,
  ...credentialRoutes,
  ...secretRoutes,
  ...environmentObjectRoutes,
  ...functionPushRoutes,
  ...automationCursorRoutes,
  ...rowRoutes,
  ...btqlRoutes,
  ...objectRoutes,
];
