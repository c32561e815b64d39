const elements = new Set(
  'p br div h1 h2 h3 h4 h5 h6 a span b em i strong small big tt dfn q var abbr acronym cite blockquote hr address bdo kbd sub sup ul ol li dl dt dd pre table caption colgroup col thead tr tfoot tbody th td code samp img map area ins del'.split(
    ' ',
  ),
);
const attributes = new Set(
  'title style class id lang xml:lang dir accesskey tabindex xmlns span align valign colspan rowspan width height border cellpadding cellspacing frame rules summary abbr axis headers scope char charoff href name charset type hreflang rel rev shape coords src alt longdesc usemap ismap cite datetime start value compact bgcolor nowrap size color noshade data-fhir'.split(
    ' ',
  ),
);
const entity = /&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)([A-Za-z]\w*;?)?/;
const tag = /<(?:!--([\s\S]*?)-->|!\[CDATA\[([\s\S]*?)\]\]>|(\/?)([A-Za-z][\w:-]*)((?:\s+[\w:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>)/y;
const attribute = /([\w:-]+)\s*=\s*("[^"]*"|'[^']*')/g;

const charReference = /&#(?:x([0-9a-fA-F]+)|(\d+));/g;
/** No character of XML: https://www.w3.org/TR/xml/#charsets */
const noCharacter = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/u;

export interface NarrativeProblem {
  readonly rule: 'txt-1' | 'txt-2' | 'xhtml';
  readonly text: string;
}

/**
 * Says what is wrong with a narrative's XHTML (https://hl7.org/fhir/R4/narrative.html#xhtml): well-formed, one div, only passive elements and attributes.
 * It reads tags, not documents, so it cannot be led to fetch or to recurse. Tags as most are written are read by hand, the rest by a pattern.
 */
export function xhtmlProblem(text: string): NarrativeProblem | undefined {
  const stack: string[] = [];
  let content = false;
  let end = 0;
  let roots = 0;
  let ampersand = text.indexOf('&');
  if (noCharacter.test(text)) return { rule: 'xhtml', text: 'The narrative holds a character that XML does not allow.' };
  for (let start = text.indexOf('<'); start >= 0; start = text.indexOf('<', end)) {
    const depth = stack.length;
    if (depth === 0 || (ampersand >= end && ampersand < start)) {
      const problem = plainText(text.slice(end, start), depth);
      if (problem) return problem;
    }
    if (!content && start > end && /\S/.test(text.slice(end, start))) content = true;
    if (depth > 0) {
      const top = stack[depth - 1] ?? '';
      if (isClosing(text, start, top)) {
        stack.pop();
        end = start + top.length + 3;
        if (ampersand >= 0 && ampersand < end) ampersand = text.indexOf('&', end);
        continue;
      }
      const plain = plainTag(text, start);
      if (plain) {
        if (!plain.empty) stack.push(plain.name);
        if (plain.name === 'img') content = true;
        end = plain.end;
        if (ampersand >= 0 && ampersand < end) ampersand = text.indexOf('&', end);
        continue;
      }
    }
    const match = tagAt(text, start);
    if (!match) {
      const [, odd = ''] = text.slice(start, start + 20).split('<', 2);
      return { rule: 'xhtml', text: `'<${odd}' is not well-formed XHTML.` };
    }
    end = tag.lastIndex;
    if (ampersand >= 0 && ampersand < end) ampersand = text.indexOf('&', end);
    const [, comment, characters, closing, name = '', given = '', empty] = match;
    if (comment !== undefined) {
      if (comment.includes('--') || comment.endsWith('-')) return { rule: 'xhtml', text: 'A comment of XML holds no --.' };
      continue;
    }
    if (characters !== undefined) {
      // Characters as they stand, which XML allows within an element.
      if (depth === 0) return { rule: 'xhtml', text: 'There is text outside the div.' };
      content ||= /\S/.test(characters);
      continue;
    }
    if (closing) {
      if (stack.pop() !== name) return { rule: 'xhtml', text: `</${name}> closes an element that is not open.` };
      continue;
    }
    if (depth === 0 && (roots++ > 0 || name !== 'div'))
      return { rule: 'xhtml', text: `The narrative is one div, but <${name}> is found at the top.` };
    if (!elements.has(name)) return { rule: 'txt-1', text: `<${name}> is not allowed in a narrative.` };
    if (name === 'img') content = true;
    const bad = given === '' && depth > 0 ? undefined : attributeProblem(given, depth === 0);
    if (bad) return bad;
    if (!empty) stack.push(name);
  }
  const rest = plainText(text.slice(end), stack.length);
  if (rest) return rest;
  if (stack.length > 0 || roots === 0)
    return { rule: 'xhtml', text: roots === 0 ? 'The narrative has no div.' : `<${stack.at(-1)}> is never closed.` };
  return content ? undefined : { rule: 'txt-2', text: 'The narrative has no visible content.' };
}

/** Asked of this place alone: to look on for a next tag would take the square of the time with many comments that are never closed. */
function tagAt(text: string, at: number): RegExpExecArray | null {
  tag.lastIndex = at;
  return tag.exec(text);
}

/** Is `</name>` at this place? */
function isClosing(text: string, at: number, name: string): boolean {
  return text.charCodeAt(at + 1) === 0x2f && text.charCodeAt(at + 2 + name.length) === 0x3e && text.startsWith(name, at + 2);
}

interface PlainTag {
  readonly name: string;
  readonly end: number;
  readonly empty: boolean;
}

/** An allowed opening tag with allowed attributes, as nearly all are. undefined: look closer. */
function plainTag(text: string, at: number): PlainTag | undefined {
  const behind = wordEnd(text, at + 1);
  const name = wordIn(elements, text, at + 1, behind);
  if (name === undefined) return undefined;
  let i = behind;
  let before: string[] | undefined;
  for (;;) {
    const code = text.charCodeAt(i);
    if (code === 0x3e) return { name, end: i + 1, empty: false };
    if (code === 0x2f) return text.charCodeAt(i + 1) === 0x3e ? { name, end: i + 2, empty: true } : undefined;
    if (code !== 0x20) return undefined;
    const start = i + 1;
    i = wordEnd(text, start);
    const attribute = wordIn(attributes, text, start, i);
    if (attribute === undefined || attribute === 'xmlns' || text.charCodeAt(i) !== 0x3d || before?.includes(attribute)) return undefined;
    if (before) before.push(attribute);
    else before = [attribute];
    i = valueEnd(text, i + 1);
    if (i < 0) return undefined;
  }
}

/** Behind a quoted value that holds no script; -1: look closer. */
function valueEnd(text: string, at: number): number {
  const quote = text.charCodeAt(at);
  const first = text.charCodeAt(at + 1);
  // What begins with j or white space may be a script.
  if ((quote !== 0x22 && quote !== 0x27) || first <= 0x20 || first > 0x7e || first === 0x6a || first === 0x4a) return -1;
  for (let i = at + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) return i + 1;
    if (code === 0x3c || code === 0x26) return -1;
  }
  return -1;
}

function wordEnd(text: string, at: number): number {
  let i = at;
  for (let code = text.charCodeAt(i); (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x3a) || code === 0x2d; )
    code = text.charCodeAt(++i);
  return i;
}

/** The word between these places if it is one of these, without making a copy of it. */
function wordIn(words: ReadonlySet<string>, text: string, from: number, to: number): string | undefined {
  const table = tables.get(words) ?? tableOf(words);
  const candidates = table.get(keyOf(text, from, to));
  for (const each of candidates ?? []) if (each.length === to - from && text.startsWith(each, from)) return each;
  return undefined;
}

const tables = new Map<ReadonlySet<string>, ReadonlyMap<number, readonly string[]>>();

function tableOf(words: ReadonlySet<string>): ReadonlyMap<number, readonly string[]> {
  const table = new Map<number, string[]>();
  for (const word of words) {
    const key = keyOf(word, 0, word.length);
    table.set(key, [...(table.get(key) ?? []), word]);
  }
  tables.set(words, table);
  return table;
}

/** Length, first and last characters: enough to leave few to compare. */
const keyOf = (text: string, from: number, to: number): number =>
  ((to - from) * 128 + (text.charCodeAt(from) & 0x7f)) * 128 + (text.charCodeAt(to - 1) & 0x7f);

/** What is wrong with text between tags, which holds no `<`. */
function plainText(text: string, depth: number): NarrativeProblem | undefined {
  if (depth === 0 && /\S/.test(text)) return { rule: 'xhtml', text: 'There is text outside the div.' };
  return text.includes('&') ? entityProblem(text) : undefined;
}

function entityProblem(text: string): NarrativeProblem | undefined {
  const bad = entity.exec(text);
  if (bad) return { rule: 'xhtml', text: `'${bad[0].slice(0, 20)}' is not an XML entity; write the character itself.` };
  for (const [written, hex, decimal] of text.matchAll(charReference)) {
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    if (code > 0x10ffff || noCharacter.test(String.fromCodePoint(code)))
      return { rule: 'xhtml', text: `'${written.slice(0, 20)}' stands for no character of XML.` };
  }
  return undefined;
}

const xhtml = 'http://www.w3.org/1999/xhtml';

function attributeProblem(written: string, root: boolean): NarrativeProblem | undefined {
  let namespace: string | undefined;
  const names = new Set<string>();
  for (const [, name = '', value = ''] of written.matchAll(attribute)) {
    if (names.has(name)) return { rule: 'xhtml', text: `The attribute ${name} is there twice.` };
    names.add(name);
    if (name === 'xmlns') namespace = value.slice(1, -1);
    const bad = value.includes('&') ? entityProblem(value) : undefined;
    if (bad) return bad;
    if (!attributes.has(name)) return { rule: 'txt-1', text: `The attribute ${name} is not allowed in a narrative.` };
    if (/^["']\s*javascript:/i.test(value)) return { rule: 'txt-1', text: `${name} holds a script.` };
  }
  if (root ? namespace !== xhtml : namespace !== undefined && namespace !== xhtml)
    return { rule: 'xhtml', text: root ? `The div needs xmlns="${xhtml}".` : 'An element of the narrative is of another namespace.' };
  return undefined;
}

/** Links within the narrative (`#x`) that lead to no id or name in it. */
export function danglingAnchors(text: string): readonly string[] {
  if (!hasInnerLink(text)) return [];
  const ids = new Set<string>();
  for (const [, , double, single] of text.matchAll(/\s(id|name)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)) ids.add(double ?? single ?? '');
  const out: string[] = [];
  for (const [, double, single] of text.matchAll(/\shref\s*=\s*(?:"#([^"]*)"|'#([^']*)')/g)) {
    const name = double ?? single ?? '';
    if (name !== '' && !ids.has(name)) out.push(name);
  }
  return out;
}

/** Is there an `href="#` or `href='#`? The rarest of its characters is searched for. */
function hasInnerLink(text: string): boolean {
  for (let at = text.indexOf('#'); at >= 0; at = text.indexOf('#', at + 1)) {
    const quote = text.charCodeAt(at - 1);
    if ((quote === 0x22 || quote === 0x27) && text.startsWith('href=', at - 6)) return true;
  }
  return false;
}
