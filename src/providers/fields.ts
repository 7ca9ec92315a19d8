import * as z from 'zod';
import type { Json } from '../domain/json.ts';

/** A required text, such as a name. */
export const text = z.string();
/** An optional text. */
export const optionalText = z.string().nullish();
/** Any JSON value, modelled as a whole. */
export const json = z.custom<Json>().nullish();
/** An optional boolean. */
export const flag = z.boolean().nullish();
/** The id of another object. */
export const reference = z.string().nullish();
