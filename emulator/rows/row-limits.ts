/** A row that the service would refuse; the request fails as a whole. */
export class InvalidRowError extends Error {}

/** A row or body above a size limit. */
export class TooLargeError extends Error {}
