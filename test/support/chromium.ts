import { existsSync } from 'node:fs';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Path of a Chromium on this machine, or undefined when there is none: then tests that need it are skipped. */
export const chromiumPath: string | undefined = PLACES.find((place) => existsSync(place));
