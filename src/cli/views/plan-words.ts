import type { NotMigratedReason, Operation, REASONS, Reason } from '../../domain/plan.ts';

/** The symbol and the word always stand together: neither colour nor symbol carries the meaning alone. */
export const OPERATION_WORDS: Readonly<Record<Operation, { readonly symbol: string; readonly word: string }>> = {
  create: { symbol: '+', word: 'create' },
  update: { symbol: '~', word: 'update' },
  delete: { symbol: '-', word: 'delete' },
  link: { symbol: '->', word: 'link' },
  copy: { symbol: '»', word: 'copy' },
  blocked: { symbol: '!', word: 'blocked' },
  skip: { symbol: '=', word: 'skip' },
};

export type BlockedReason = (typeof REASONS)['blocked'][number];
export type SkipReason = (typeof REASONS)['skip'][number];
type WritingReason = (typeof REASONS)[Exclude<Operation, 'blocked' | 'skip'>][number];

const WRITING_WORDS: Readonly<Record<WritingReason, string>> = {
  missing_in_destination: 'does not exist in the destination',
  user_invited: 'is no member yet and will be invited',
  source_changed: 'changed in the source',
  destination_changed: 'changed in the destination and will be put back',
  both_changed: 'changed on both sides; the source wins',
  adopted_with_changes: 'exists in the destination, differs, and will be taken over',
  renamed: 'has another name now',
  secret_changed: 'its secret value changed',
  reference_cycle: 'second write, because the references form a cycle',
  second_write_only: 'second write, because a create does not accept these fields',
  rows_copied: 'points at the rows once they are copied',
  rows_pending: 'rows to copy',
  rows_changed: 'rows were added or edited since the last copy',
  references_found: 'rows refer to what the destination has by now',
  removed_from_source: 'no longer in the source',
  destroy: 'created by this state',
  destroy_edited: 'created by this state, and edited in the destination since',
  already_gone: 'created by this state and already gone from the destination; the state forgets it',
};

export const SKIP_WORDS: Readonly<Record<SkipReason, string>> = {
  in_sync: 'in sync',
  adopted: 'already equal in the destination, will be recorded as ours',
  converged: 'became equal on both sides, will be recorded',
  built_in: 'provided by the server',
  conflict_skipped: 'different in the destination and left alone (policy.on_conflict: skip)',
  ignored: 'differ only in ignored fields',
  removed_from_source: 'no longer in the source and left alone (policy.prune is off)',
  pushed_separately: 'pushed separately as a code bundle, already in the destination',
  not_activated: 'left out, because they act on rows (policy.activate: never)',
  kept_adopted: 'adopted, not created by this state; they stay',
  not_selected: 'created by this state and left alone, because the spec leaves them out',
};

/** What a blocked item is, why it is blocked, and what a person can do about it. */
export interface BlockedWords {
  readonly short: string;
  readonly meaning: string;
  readonly next: string;
}

export const BLOCKED_WORDS: Readonly<Record<BlockedReason, BlockedWords>> = {
  conflict: {
    short: 'exists already with other content',
    meaning:
      'The destination has an object of this name that bt-migrate did not write. Overwriting it could lose work.',
    next: 'Set policy.on_conflict to update (the source wins) or skip (the destination stays), or make both sides equal by hand.',
  },
  missing_reference: {
    short: 'refers to something that is not there',
    meaning: 'It holds the id of an object that the source no longer has, or that the key cannot see.',
    next: 'Repair or remove the reference in the source, or set policy.missing_reference: drop to migrate without it.',
  },
  user_not_found: {
    short: 'needs a person who is not a member',
    meaning: 'Nobody in the destination organization has this e-mail address, and people are never created.',
    next: 'Invite the person, map the address to another one under users.map, or set users.invite: true.',
  },
  dependency_blocked: {
    short: 'needs something that is blocked',
    meaning: 'It refers to an object that is itself blocked, so it could not work in the destination.',
    next: 'Settle what it needs first; it follows by itself in the next plan.',
  },
  excluded_dependency: {
    short: 'needs something that is left out',
    meaning:
      'It refers to an object that the spec, --target or --exclude leaves out, and that the destination does not have.',
    next: 'Include what it needs (projects.include, resources.include, --target), or leave this object out, too: projects.exclude leaves out a project with all it holds.',
  },
  code_bundle_not_migratable: {
    short: 'its code is a bundle, which no API hands out',
    meaning:
      'It was pushed as a code bundle. Bundles can be pushed but not downloaded, so the code must come from its repository.',
    next: 'Push it again into the destination from the repository that defines it, with the command that plan and show print.',
  },
  version_not_newest: {
    short: 'pins a version that is not the newest',
    meaning:
      'Older versions are written when an object is made; this one was not, or its rows have changed since. Pointing it at the newest version would silently change what runs.',
    next: 'Move the pin to the newest version in the source and plan again, or set it by hand in the destination.',
  },
  cannot_clear_field: {
    short: 'a field cannot be cleared',
    meaning:
      'The source no longer has this value, and the API can change the field but not clear it. Other changes go on.',
    next: 'Clear the field by hand in the destination, or agree to the difference under ignore in the spec.',
  },
  immutable_field: {
    short: 'differs in a field that nothing can change',
    meaning: 'The API sets this field when the object is created and never again.',
    next: 'Delete or rename the object in the destination by hand and plan again, or agree to the difference under ignore in the spec.',
  },
  built_in_missing: {
    short: 'the destination server does not provide it',
    meaning: 'The server of the source provides this object itself; the server of the destination does not.',
    next: 'Update the destination deployment, or replace what refers to it in the source.',
  },
  list_failed: {
    short: 'the list it belongs to could not be read',
    meaning: 'Part of an organization could not be read whole, so nothing may be concluded about this object.',
    next: 'See the warnings of plan, give the key read access or wait for the server, and plan again.',
  },
  ambiguous_name: {
    short: 'shares its name with another object',
    meaning: 'Several objects of one organization have this name, so nothing says which belongs to which.',
    next: 'Rename or delete all but one of them, and plan again.',
  },
  rename_collision: {
    short: 'its name is taken',
    meaning:
      'Another object of the destination, named beside it, has the name and keeps it, or wants in turn the name that this one has: the API cannot swap names.',
    next: 'Rename or delete the holder in the destination, or choose another name in the source or under projects.rename. To swap two names, give one of the two a third name in the destination and plan again.',
  },
  cycle_unbreakable: {
    short: 'part of a circle of references',
    meaning: 'These objects need one another to be created, and the API lets none of them be completed later.',
    next: 'Remove one of the references in the source and plan again.',
  },
  protected: {
    short: 'protected by the spec',
    meaning: 'It would be changed or deleted, but an entry under protect says that it must not be.',
    next: 'Keep it as it is, or remove the entry from protect.',
  },
  delete_limit: {
    short: 'more deletions than allowed',
    meaning:
      'The plan would delete more objects and rows than policy.max_deletes allows, each row counted; none of them is deleted.',
    next: 'Check that they really should go, then raise policy.max_deletes.',
  },
  not_supported_by_destination: {
    short: 'the destination does not know this kind',
    meaning: 'The server of the destination has no such API, probably because it is an older version.',
    next: 'Update the destination deployment, or leave the kind out with resources.exclude.',
  },
  empty_source: {
    short: 'the source suddenly shows nothing of it',
    meaning:
      'The state knows objects of this kind, or rows of this container, and the source shows none. A lost permission looks the same, so nothing is deleted.',
    next: 'Check that the source key may still read this kind. If they were really deleted there, delete them in the destination too, or agree under accept, for the whole kind with at: KIND.* (it deletes nothing).',
  },
  rows_unknown: {
    short: 'it may hold what is not ours',
    meaning:
      'Deleting a container deletes its rows. Some were written or edited by others, or could not be counted; a project also holds what no list shows.',
    next: 'Look into the container in the destination. If the rows may go, delete it by hand.',
  },
  transient_object: {
    short: 'made to live for a short time',
    meaning: 'It belongs to a job that is running or has run in the source and means nothing elsewhere.',
    next: 'Nothing has to be done; leave it out or accept it.',
  },
  destination_not_empty: {
    short: 'the destination holds rows already',
    meaning:
      'Its rows were never copied with this state, and the destination has rows there. Rows with the same ids would be written over.',
    next: 'Check whose rows they are. To add to them, set policy.into_nonempty: merge; streams.on_row_conflict then decides about equal ids.',
  },
  active_rules: {
    short: 'its rows would set off rules of the destination',
    meaning:
      'Online scorers, automations or exports of the destination project act on rows as they arrive, or retention would delete them.',
    next: 'Pause the rules that are named, or let them act: policy.active_rules: warn.',
  },
  count_failed: {
    short: 'its rows could not be counted',
    meaning:
      'Without a count nobody can tell what there is to copy or, with policy.prune, to delete, or whether the destination is empty.',
    next: 'See the warnings of plan, give the key read access to the rows or wait for the server, and plan again.',
  },
  rows_not_ours: {
    short: 'it holds rows that are not ours',
    meaning:
      'Deleting a container deletes its rows. Some were written or edited by others since they were copied, or come from an apply that was killed before it could record them.',
    next: 'If an apply was interrupted, let it end first (the same apply again). Otherwise look into the container; if all its rows may go, delete it by hand.',
  },
  still_referenced: {
    short: 'something that stays refers to it or lives in it',
    meaning:
      'Deleting it would take along what was not created by this state, or leave a reference into nothing behind. What keeps it is named beside it.',
    next: 'Delete or change what is named, if it may go, and plan again; else leave this object where it is.',
  },
};

export const ACCEPT_HINT = 'To agree to a blocked item instead, add an entry with a reason under accept in the spec.';

export const NOT_MIGRATED_WORDS: Readonly<Record<NotMigratedReason, string>> = {
  credential_of_a_person: 'a credential that belongs to one person',
  belongs_to_the_control_plane: 'belongs to the control plane of the source',
  not_listed_by_api: 'no API lists it',
  not_supported_by_source: 'the source does not know this kind',
  not_accepted_by_api: 'rows hold it and no insert accepts it',
  owner_not_listed: 'belong to something that no list shows',
  owner_not_selected: 'not looked at unless the spec asks for it (resources.view_owners)',
  field_not_modelled: 'fields that bt-migrate does not know',
  pin_dropped: 'pins of versions that the destination does not have, dropped',
  secret_without_value: 'secrets without a value, to be set by hand or under secrets in the spec',
  reference_dropped: 'references to something that is not there, dropped',
  server_owned: 'fields that the server owns',
  reference_left:
    'rows refer to something that is not there and keep the id it has in the source, until a plan includes it: at most so many',
};

/** Why an action is what it is, in plain words. */
export function reasonWords(reason: Reason, op: Operation): string {
  if (op === 'blocked') return BLOCKED_WORDS[reason as BlockedReason].short;
  if (op === 'skip') return SKIP_WORDS[reason as SkipReason];
  return WRITING_WORDS[reason as WritingReason];
}
