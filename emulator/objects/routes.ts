import type { Route } from '../route.ts';
import { attachmentRoutes } from './attachment-routes.ts';
import { signedRoutes } from './signed-routes.ts';

/** Attachments and the object store. */
export const objectRoutes: readonly Route[] = [...attachmentRoutes, ...signedRoutes];
