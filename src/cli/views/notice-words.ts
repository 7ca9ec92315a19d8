import type { PlanNotice } from '../../domain/plan.ts';
import { plural } from './count-words.ts';

/** What a notice says, as a sentence in which `show` renders names. */
export function noticeWords(notice: PlanNotice, show: (name: string) => string): string {
  const { code, section, entry, path, nearest, expires = '', count } = notice;
  const field = path === undefined ? '' : `, field ${show(path)}`;
  const subject = `${section}: ${show(entry)}${field}`;
  const covered = count === undefined ? '' : plural(count, 'blocked item');
  switch (code) {
    case 'matches_nothing': {
      const meant = nearest === undefined ? 'Correct it, or remove it.' : `Did you mean ${show(nearest)}?`;
      return `${subject} matches nothing that was read. ${meant}`;
    }
    case 'agreement_expired': {
      const effect =
        count === undefined ? 'differences count again' : count === 0 ? 'nothing needs it now' : `${covered} again`;
      return `${subject} expired on ${show(expires)}: ${effect}. Extend it, or remove it.`;
    }
    case 'agreement_expires_soon':
      return `${subject} expires on ${show(expires)}${count === undefined || count === 0 ? '' : `, with ${covered}`}.`;
  }
}
