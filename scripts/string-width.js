import { stripVTControlCharacters } from 'node:util';

// Stands in for the package of this name, which yargs lays help out with: it takes 40 ms to get ready for emoji and East
// Asian characters, in every command. Help holds neither.
// biome-ignore lint/style/noDefaultExport: what it stands in for has one.
export default function stringWidth(text) {
  return stripVTControlCharacters(text).length;
}
