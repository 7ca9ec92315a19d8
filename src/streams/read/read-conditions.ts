/** What reading from one organization has shown so far; one for all lanes of a run that read from it. */
export interface ReadConditions {
  /** The server held a read back with a 429: from then on no lane reads more than one page ahead. */
  limited: boolean;
}

export function newReadConditions(): ReadConditions {
  return { limited: false };
}
