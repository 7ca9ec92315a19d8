import type { Route } from '../route.ts';
import { fetchRoutes } from './fetch-routes.ts';
import { insertRoutes } from './insert-routes.ts';
import { logs3Routes } from './logs3-routes.ts';
import { summaryRoutes } from './summary-routes.ts';

/** Writing, reading and summing up rows, apart from BTQL. */
export const rowRoutes: readonly Route[] = [...logs3Routes, ...insertRoutes, ...fetchRoutes, ...summaryRoutes];
