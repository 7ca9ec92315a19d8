/** Breaks lines at spaces so that they fit; a word longer than a line stays whole, so that it can be copied. */
export function wrapText(text: string, columns: number, indent = ''): string {
  return text
    .split('\n')
    .map((line) => wrapLine(line, Math.max(20, columns - indent.length), indent))
    .join('\n');
}

function wrapLine(line: string, columns: number, indent: string): string {
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(' ')) {
    if (current !== '' && current.length + 1 + word.length > columns) {
      lines.push(current);
      current = word;
    } else {
      current = current === '' ? word : `${current} ${word}`;
    }
  }
  return [...lines, current].map((part) => (part === '' ? '' : indent + part)).join('\n');
}
