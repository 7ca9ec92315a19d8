/** Elements and attributes that our pages consist of. */
const ELEMENTS: ReadonlySet<string> = new Set(
  (
    'html head meta title style script body header main footer section h1 h2 h3 p b br ul li dl dt dd div span code pre ' +
    'table thead tbody tr th td details summary label input svg g path rect text line polyline'
  ).split(' '),
);
const ATTRIBUTES: ReadonlySet<string> = new Set(
  (
    'lang charset http-equiv content name class id role aria-label width height viewBox preserveAspectRatio d x y x1 y1 ' +
    'x2 y2 rx points text-anchor scope for type autocomplete'
  ).split(' '),
);
const VOID: ReadonlySet<string> = new Set(['meta', 'br', 'input', 'path', 'rect', 'line', 'polyline']);
const TAG = /^<(\/?)([a-z][a-z0-9]*)((?: [a-zA-Z0-9-]+="[^"<>]*")*)(\/?)>/;

/** Everything in a page that only somebody else's text could have brought in; empty for a sound page. */
export function pageFindings(page: string): string[] {
  const findings: string[] = [];
  const start = '<!doctype html>\n';
  if (!page.startsWith(start)) findings.push('no doctype');
  const body = page.slice(start.length).replace(/(<(style|script)>)[\s\S]*?(<\/\2>)/g, '$1$3');
  const open: string[] = [];
  for (let at = body.indexOf('<'); at >= 0; at = body.indexOf('<', at + 1)) {
    const found = TAG.exec(body.slice(at, at + 20_000));
    if (found === null) {
      findings.push(`not a tag of ours: ${body.slice(at, at + 60)}`);
      continue;
    }
    const [, slash, name = '', attributes = '', closed] = found;
    if (!ELEMENTS.has(name)) findings.push(`element ${name}`);
    for (const [, attribute = ''] of attributes.matchAll(/ ([a-zA-Z0-9-]+)="[^"]*"/g)) {
      if (!ATTRIBUTES.has(attribute)) findings.push(`attribute ${attribute} of ${name}`);
    }
    if (slash === '/') {
      if (open.pop() !== name) findings.push(`</${name}> closes something else`);
    } else if (closed !== '/' && !VOID.has(name)) open.push(name);
  }
  if (open.length > 0) findings.push(`left open: ${open.join(', ')}`);
  if (/&(?!(amp|lt|gt|quot|#39|#96);)/.test(body)) findings.push('a raw &');
  if (/(?!\n)\p{Cc}|[\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]|\p{Cs}/u.test(body))
    findings.push('a character that cannot be seen');
  return findings;
}
