/**
 * When written things can be read, and how much one page shows. Times are milliseconds on the world's clock. The row store
 * reads `rowLag` and `lateRows`, /btql `rowPageCap`; lists read the rest.
 */
export interface Visibility {
  /** Rows of a write are readable so long after it (fact sheet 10.1.20). */
  readonly rowLag: number;
  /** Rows whose id contains the text become readable so long after rows with higher keys. */
  readonly lateRows: readonly { readonly idIncludes: string; readonly lag: number }[];
  /** New objects appear in lists so long after their creation; by id they are there at once. */
  readonly objectLag: number;
  /** No page of a list is longer than this, whatever was asked. */
  readonly pageCap: number | null;
  /** A page that is not the last holds this share of what was asked (0 to 1), so it is shorter without being the end. */
  readonly pageShare: number;
  /** No answer of /btql holds more rows than this, whatever limit was asked. */
  readonly rowPageCap: number | null;
}

export const FULL_VISIBILITY: Visibility = {
  rowLag: 0,
  lateRows: [],
  objectLag: 0,
  pageCap: null,
  pageShare: 1,
  rowPageCap: null,
};
