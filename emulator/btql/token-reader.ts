import { type Token, tokenize } from './lexer.ts';
import { BtqlError } from './query.ts';

/** Reads tokens one after another. `isSql` tells the dialect, in which a text in double quotes is a name. */
export class TokenReader {
  readonly #text: string;
  readonly #tokens: Token[];
  readonly isSql: boolean;
  #at = 0;

  constructor(text: string, isSql: boolean) {
    this.#text = text;
    this.#tokens = tokenize(text);
    this.isSql = isSql;
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)] as Token;
  }

  next(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.#at++;
    return token;
  }

  isWord(word: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'word' && token.text.toLowerCase() === word;
  }

  isSymbol(symbol: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'symbol' && token.text === symbol;
  }

  takeWord(word: string): boolean {
    if (!this.isWord(word)) return false;
    this.next();
    return true;
  }

  takeSymbol(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false;
    this.next();
    return true;
  }

  expectWord(word: string): void {
    if (!this.takeWord(word)) throw this.unexpected(word.toUpperCase());
  }

  expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) throw this.unexpected(`"${symbol}"`);
  }

  get atEnd(): boolean {
    return this.peek().kind === 'end';
  }

  /** What was read since a token, as written. */
  textSince(first: Token): string {
    const last = this.#tokens[this.#at - 1] ?? first;
    return this.#text.slice(first.start, last.end);
  }

  unexpected(wanted: string): BtqlError {
    const token = this.peek();
    const found =
      token.kind === 'end' ? 'the end of the query' : JSON.stringify(this.#text.slice(token.start, token.end));
    return new BtqlError(`Expected ${wanted}, found ${found} at position ${token.start}`);
  }
}
