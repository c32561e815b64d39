import { visit } from 'jsonc-parser';
import type { Issue, Json } from '../core/model.ts';

/** Bounds on what is parsed at all. */
export interface Limits {
  /** Characters. */
  readonly size: number;
  readonly depth: number;
}

export const defaultLimits: Limits = { size: 64 * 1024 * 1024, depth: 100 };

/** Parsed text, or why it is not validated further. `issues` also holds what is wrong with the text itself (duplicate keys). */
export interface Parsed {
  readonly value?: Json;
  readonly issues: readonly Issue[];
  /** Whole numbers that are written with a point or an exponent, by path (`multipleBirthInteger`, `item.0.sequence`). JSON.parse hides how they are written. */
  readonly written?: ReadonlyMap<string, string>;
}

const found = (severity: Issue['severity'], rule: string, text: string, line?: number): Issue => ({
  severity,
  rule,
  expression: '',
  text,
  tier: 0,
  ...(line === undefined ? {} : { line }),
});

/** Parses JSON within bounds. Sees what JSON.parse hides: duplicate keys, lone surrogates, depth. Never throws. */
export function parseGuarded(text: string, limits: Limits = defaultLimits): Parsed {
  if (text.length > limits.size)
    return { issues: [found('not-verifiable', 'limit.size', `not verifiable: ${text.length} characters; the limit is ${limits.size}.`)] };
  const issues: Issue[] = [];
  if (text.startsWith('\uFEFF')) {
    // RFC 8259, section 8.1: it must not be sent, and a reader may pass over it.
    const { issues: rest, ...parsed } = parseGuarded(text.slice(1), limits);
    const bom = found('warning', 'json.bom', 'The text starts with a byte order mark, which JSON must not have.', 1);
    return { ...parsed, issues: [bom, ...rest] };
  }
  const scanned = scan(text, limits.depth, issues, () => undefined);
  if (!scanned) return { issues };
  try {
    const value = JSON.parse(text) as Json;
    return odd.test(text) ? { value, issues, written: writtenNumbers(text) } : { value, issues };
  } catch (cause) {
    return { issues: [found('error', 'json', `This is not JSON: ${cause instanceof Error ? cause.message.slice(0, 160) : String(cause)}`)] };
  }
}

/** Paths (`entry.0.resource.id`) of names that stand twice in one object, at most `most`. */
export function duplicateNames(text: string, most = 10): readonly string[] {
  const found: string[] = [];
  scan(text, defaultLimits.depth, [], (path) => {
    if (found.length < most) found.push(path);
  });
  return found;
}

/** May be a whole number that is not written as one. */
const odd = /[\s:,[]-?\d+(?:\.0+|(?:\.\d+)?[eE][+-]?\d+)[\s,\]}]/;

function writtenNumbers(text: string): ReadonlyMap<string, string> {
  const out = new Map<string, string>();
  visit(text, {
    onLiteralValue(value, offset, length, _line, _column, path) {
      const literal = text.slice(offset, offset + length);
      if (Number.isInteger(value) && /[.eE]/.test(literal)) out.set(path().join('.'), literal.slice(0, 40));
    },
  });
  return out;
}

/** One pass over the text with an explicit stack. False: too deep to go on. */
function scan(text: string, depth: number, issues: Issue[], twice: (path: string) => void): boolean {
  // An object has the set of its keys so far; both know which member they are at.
  const levels: { readonly keys: Set<string> | undefined; at: string | number }[] = [];
  let key = false;
  let line = 1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) {
      const end = stringEnd(text, i);
      const top = levels.at(-1);
      if (key && top) {
        const raw = text.slice(i + 1, end);
        // The same name may be written in two ways.
        const name = raw.includes('\\') ? decoded(raw) : raw;
        top.at = name;
        if (top.keys?.has(name)) {
          twice(levels.map(({ at }) => at).join('.'));
          if (issues.length < 100)
            issues.push(
              found(
                'error',
                'json.duplicate',
                `The key ${JSON.stringify(name.slice(0, 64))} is there twice in one object: readers differ on which counts.`,
                line,
              ),
            );
        } else top.keys?.add(name);
        key = false;
      }
      i = end;
    } else if (code === 0x7b || code === 0x5b) {
      levels.push(code === 0x7b ? { keys: new Set(), at: '' } : { keys: undefined, at: 0 });
      key = code === 0x7b;
      if (levels.length > depth) {
        issues.push(found('not-verifiable', 'limit.depth', `not verifiable: nested more than ${depth} levels deep.`, line));
        return false;
      }
    } else if (code === 0x7d || code === 0x5d) levels.pop();
    else if (code === 0x2c) {
      const top = levels.at(-1);
      key = top?.keys !== undefined;
      if (top && !key) top.at = Number(top.at) + 1;
    } else if (code === 0x0a) line++;
  }
  const lone = loneSurrogate(text);
  if (lone !== undefined) issues.push(found('error', 'json.surrogate', 'A string holds half of a surrogate pair, which no UTF-8 can carry.', lone));
  return true;
}

function decoded(raw: string): string {
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return raw;
  }
}

function stringEnd(text: string, start: number): number {
  let i = start + 1;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x5c) i++;
    else if (code === 0x22) return i;
  }
  return i;
}

/** Line of the first lone surrogate, raw or escaped. */
function loneSurrogate(text: string): number | undefined {
  const raw = /\p{Surrogate}/u.exec(text);
  const escaped = text.includes('\\ud') || text.includes('\\uD') ? escapedLone(text) : undefined;
  const at = raw?.index ?? escaped;
  return at === undefined ? undefined : text.slice(0, at).split('\n').length;
}

function escapedLone(text: string): number | undefined {
  for (const match of text.matchAll(/\\u[dD][89abAB][0-9a-fA-F]{2}(\\u[dD][c-fC-F][0-9a-fA-F]{2})?|\\u[dD][c-fC-F][0-9a-fA-F]{2}/g))
    if (match[1] === undefined) return match.index;
  return undefined;
}
