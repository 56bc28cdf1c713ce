// Documents of records by field: what has changed, and the merge of two changes.

/** Whether two JSON values are equal. */
export const isEqual = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** Fields of `after` that differ from `before`, as `[{ field, before, after }]`. */
export function changedFields(before, after) {
  return Object.keys(after)
    .filter((field) => !isEqual(before[field] ?? null, after[field] ?? null))
    .map((field) => ({ field, before: before[field] ?? null, after: after[field] ?? null }));
}

/** The fields of `after` that differ from `before`, as a merge patch. */
export const toPatch = (before, after) =>
  Object.fromEntries(changedFields(before, after).map(({ field, after: value }) => [field, value]));

/**
 * Merge two changes of `base`: `merged` has both, mine where both changed a field; `conflicts` names
 * the fields that they changed to different values.
 */
export function merge(base, theirs, mine) {
  const patch = toPatch(base, mine);
  const conflicts = Object.keys(toPatch(base, theirs))
    .filter((field) => field in patch && !isEqual(patch[field], theirs[field]));
  return { merged: { ...theirs, ...patch }, conflicts };
}
