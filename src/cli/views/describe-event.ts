import type { RunEvent } from '../../domain/event.ts';
import type { LogLevel } from '../globals.ts';
import { formatDuration } from './count-words.ts';
import { describeCopying } from './describe-copying.ts';
import { sanitizeText } from './sanitize-text.ts';

/** How important an event is. */
export function levelOf(event: RunEvent): LogLevel {
  switch (event.type) {
    case 'action_failed':
      return 'error';
    case 'list_failed':
    case 'warning':
    case 'row_quarantined':
    case 'attachment_failed':
      return 'warn';
    case 'retry_scheduled':
    case 'lock_waiting':
    case 'inventory_started':
    case 'inventory_finished':
    case 'search_started':
    case 'search_finished':
    case 'plan_built':
    case 'run_started':
    case 'run_finished':
    case 'action_finished':
    case 'action_skipped':
    case 'copy_started':
    case 'copy_finished':
    case 'rows_deleted':
    case 'copy_progress':
    case 'row_spilled':
      return 'info';
    case 'list_finished':
    case 'action_started':
    case 'request_finished':
    case 'host_limits':
    case 'page_limit':
    case 'rows_searched':
    case 'rows_copied':
    case 'attachment_copied':
      return 'debug';
  }
}

/** An event in words, one line, safe for a terminal. */
export function describeEvent(event: RunEvent): string {
  return sanitizeText(words(event));
}

function words(event: RunEvent): string {
  switch (event.type) {
    case 'inventory_started':
      return `reading the ${event.side}`;
    case 'list_finished':
      return `${event.side}: ${event.objects} ${event.kind}`;
    case 'list_failed':
      return `${event.side}: ${event.kind} cannot be listed (${event.code}): ${event.detail}`;
    case 'inventory_finished':
      return `${event.side}: ${event.objects} objects in ${event.requests} requests`;
    case 'search_started':
      return `${event.address}: names of ${event.rows_total} rows to read, to find those that the source has deleted, in about ${event.requests.source} requests to the source, ${event.requests.destination} to the destination`;
    case 'rows_searched':
      return `${event.side}: names of ${event.rows} rows of ${event.address} read`;
    case 'search_finished':
      return `${event.address}: ${event.rows ?? 'an unknown number of'} rows are not in the source any more`;
    case 'plan_built':
      return `plan ${event.digest}: ${Object.entries(event.actions)
        .filter(([, count]) => count > 0)
        .map(([op, count]) => `${count} ${op}`)
        .join(', ')}`;
    case 'run_started':
      return `run ${event.run_id} ${event.resumed ? 'resumed' : 'started'}: ${event.actions} actions`;
    case 'action_started':
      return `${event.op} ${event.address} ...`;
    case 'action_finished':
      return `${event.op} ${event.address} (${formatDuration(event.duration_ms)})`;
    case 'action_failed':
      return `${event.op} ${event.address} failed: ${event.summary} (${event.code}). ${event.detail}`;
    case 'action_skipped':
      return `${event.op} ${event.address} skipped: ${event.reason}`;
    case 'request_finished':
      return `${event.side}: ${event.method} ${event.path} ${event.status} (${formatDuration(event.duration_ms)}, attempt ${event.attempt})`;
    case 'retry_scheduled':
      return `${event.side}: ${event.method} ${event.path} ${event.status ?? event.code}, attempt ${event.attempt} again in ${formatDuration(event.wait_ms)}`;
    case 'host_limits':
      return `${event.host}: up to ${event.in_flight} requests at once${event.wait_ms > 0 ? `, nothing for ${formatDuration(event.wait_ms)}` : ''}`;
    case 'page_limit':
      return `${event.side}: pages of ${event.stream} ${event.container} up to ${event.rows} rows`;
    case 'copy_started':
      return `${event.address}: ${event.rows_total ?? 'an unknown number of'} rows to copy${event.rows_done > 0 ? `, ${event.rows_done} of them done before` : ''}`;
    case 'rows_copied':
      return `${event.address}: ${event.rows} rows copied (${event.bytes} bytes, ${event.route})`;
    case 'copy_progress':
      return describeCopying(event);
    case 'copy_finished':
      return `${event.address}: ${event.rows} rows copied, ${event.kept} kept, ${event.quarantined} quarantined (${formatDuration(event.duration_ms)})`;
    case 'rows_deleted':
      return `${event.address}: ${event.rows} rows deleted, ${event.kept} edited in the destination and kept, ${event.returned} in the source again and kept`;
    case 'row_quarantined':
      return `${event.address}: row ${event.row_id ?? 'without an id'} quarantined (${event.reason}): ${event.detail}`;
    case 'row_spilled':
      return `${event.address}: row ${event.row_id} is too large for the platform; ${event.fields.join(', ')} became attachments`;
    case 'attachment_copied':
      return `${event.address}: an attachment of ${event.bytes} bytes copied`;
    case 'attachment_failed':
      return `${event.address}: attachment ${event.key} quarantined (${event.reason}): ${event.detail}`;
    case 'lock_waiting':
      return event.detail;
    case 'warning':
      return `${event.detail} (${event.code})`;
    case 'run_finished':
      return `run ${event.run_id} ended with ${event.exit_code} after ${formatDuration(event.duration_ms)}`;
  }
}
