const elements = new Set(
  'p br div h1 h2 h3 h4 h5 h6 a span b em i strong small big tt dfn q var abbr acronym cite blockquote hr address bdo kbd sub sup ul ol li dl dt dd pre table caption colgroup col thead tr tfoot tbody th td code samp img map area ins del'.split(
    ' ',
  ),
);
const anywhere = new Set('title style class id lang xml:lang dir accesskey tabindex xmlns'.split(' '));
const some = new Set(
  'span align valign colspan rowspan width height border cellpadding cellspacing frame rules summary abbr axis headers scope char charoff href name charset type hreflang rel rev shape coords src alt longdesc usemap ismap cite datetime start value compact bgcolor nowrap size color noshade data-fhir'.split(
    ' ',
  ),
);
const entity = /&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)([A-Za-z]\w*;?)?/;
const tag = /<(?:!--([\s\S]*?)-->|!\[CDATA\[([\s\S]*?)\]\]>|(\/?)([A-Za-z][\w:-]*)((?:\s+[\w:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>)/g;
const attribute = /([\w:-]+)\s*=\s*("[^"]*"|'[^']*')/g;

/**
 * Says what is wrong with a narrative's XHTML (https://hl7.org/fhir/R4/narrative.html#xhtml): well-formed, one div, only passive elements and attributes.
 * It reads tags, not documents, so it cannot be led to fetch or to recurse.
 */
export function xhtmlProblem(text: string): { readonly rule: 'txt-1' | 'txt-2' | 'xhtml'; readonly text: string } | undefined {
  const stack: string[] = [];
  let content = false;
  let end = 0;
  let roots = 0;
  tag.lastIndex = 0;
  for (let match = tag.exec(text); match; match = tag.exec(text)) {
    const between = text.slice(end, match.index);
    const problem = plainText(between, stack.length);
    if (problem) return problem;
    if (!content && /\S/.test(between)) content = true;
    end = tag.lastIndex;
    const [, comment, characters, closing, name = '', attributes = '', empty] = match;
    if (comment !== undefined) continue;
    if (characters !== undefined) {
      // Characters as they stand, which XML allows within an element.
      if (stack.length === 0) return { rule: 'xhtml', text: 'There is text outside the div.' };
      content ||= /\S/.test(characters);
      continue;
    }
    if (closing) {
      if (stack.pop() !== name) return { rule: 'xhtml', text: `</${name}> closes an element that is not open.` };
      continue;
    }
    if (stack.length === 0 && (roots++ > 0 || name !== 'div'))
      return { rule: 'xhtml', text: `The narrative is one div, but <${name}> is found at the top.` };
    if (!elements.has(name)) return { rule: 'txt-1', text: `<${name}> is not allowed in a narrative.` };
    if (name === 'img') content = true;
    const root = stack.length === 0;
    const bad = attributes === '' && !root ? undefined : knownProblem(attributes, root);
    if (bad) return bad;
    if (!empty) stack.push(name);
  }
  const rest = plainText(text.slice(end), stack.length);
  if (rest) return rest;
  if (stack.length > 0 || roots === 0)
    return { rule: 'xhtml', text: roots === 0 ? 'The narrative has no div.' : `<${stack.at(-1)}> is never closed.` };
  return content ? undefined : { rule: 'txt-2', text: 'The narrative has no visible content.' };
}

function plainText(text: string, depth: number): { readonly rule: 'xhtml'; readonly text: string } | undefined {
  if (text.includes('<')) return { rule: 'xhtml', text: `'${text.slice(text.indexOf('<'), text.indexOf('<') + 20)}' is not well-formed XHTML.` };
  if (depth === 0 && /\S/.test(text)) return { rule: 'xhtml', text: 'There is text outside the div.' };
  const bad = text.includes('&') ? entity.exec(text) : null;
  return bad ? { rule: 'xhtml', text: `'${bad[0].slice(0, 20)}' is not an XML entity; write the character itself.` } : undefined;
}

type AttributeProblem = { readonly rule: 'txt-1' | 'xhtml'; readonly text: string } | undefined;

/** Narratives repeat a few styles endlessly: the last answers are kept, within a bound. */
const answered = new Map<string, AttributeProblem>();

function knownProblem(attributes: string, root: boolean): AttributeProblem {
  if (root || attributes.length > 200) return attributeProblem(attributes, root);
  const known = answered.get(attributes);
  if (known !== undefined || answered.has(attributes)) return known;
  if (answered.size > 1000) answered.clear();
  const problem = attributeProblem(attributes, root);
  // A copy: a part of a text keeps the whole narrative in memory.
  answered.set(Buffer.from(attributes, 'utf16le').toString('utf16le'), problem);
  return problem;
}

function attributeProblem(attributes: string, root: boolean): AttributeProblem {
  let namespace: string | undefined;
  for (const [, name = '', value = ''] of attributes.matchAll(attribute)) {
    if (name === 'xmlns') namespace = value.slice(1, -1);
    if (!anywhere.has(name) && !some.has(name)) return { rule: 'txt-1', text: `The attribute ${name} is not allowed in a narrative.` };
    if (/^["']\s*javascript:/i.test(value)) return { rule: 'txt-1', text: `${name} holds a script.` };
  }
  if (root && namespace !== 'http://www.w3.org/1999/xhtml') return { rule: 'xhtml', text: 'The div needs xmlns="http://www.w3.org/1999/xhtml".' };
  return undefined;
}

/** Links within the narrative (`#x`) that lead to no id or name in it. */
export function danglingAnchors(text: string): readonly string[] {
  if (!text.includes('href="#') && !text.includes("href='#")) return [];
  const ids = new Set<string>();
  for (const [, , double, single] of text.matchAll(/\s(id|name)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)) ids.add(double ?? single ?? '');
  const out: string[] = [];
  for (const [, double, single] of text.matchAll(/\shref\s*=\s*(?:"#([^"]*)"|'#([^']*)')/g)) {
    const name = double ?? single ?? '';
    if (name !== '' && !ids.has(name)) out.push(name);
  }
  return out;
}
