import { loginRoutes } from './app/login.ts';
import { KINDS } from './kinds/registry.ts';
import { objectRoutes } from './objects/routes.ts';
import { promptRoutes } from './prompts/prompt-routes.ts';
import type { Route } from './route.ts';
import { rowRoutes } from './rows/row-routes.ts';
import { resourceRoutes } from './verbs/resource-routes.ts';

/** Every route of the emulated service. */
export const apiRoutes: readonly Route[] = [
  ...loginRoutes,
  ...KINDS.flatMap(resourceRoutes),
  ...promptRoutes,
  ...rowRoutes,
  ...objectRoutes,
];
