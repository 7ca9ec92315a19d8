/** Keys and indexes that lead to a value of the spec. */
export type SpecPath = readonly (string | number)[];

/** `accept[0].expires`, with keys that are no plain word in quotes. */
export function formatPath(path: SpecPath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[A-Za-z_]\w*$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}
