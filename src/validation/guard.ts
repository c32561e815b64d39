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

/** What JSON.parse hides of a text that it has read: duplicate keys and lone surrogates. */
export function hiddenIssues(text: string): readonly Issue[] {
  const issues: Issue[] = [];
  scan(text, defaultLimits.depth, issues, () => undefined);
  return issues.filter(({ severity }) => severity === 'error');
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

/** An object has its names so far, a list none; both know which member they are at. */
interface Level {
  readonly names: string[] | undefined;
  /** Of an object with many names: the same. */
  many: Set<string> | undefined;
  at: string | number;
}

/** Up to here a list of names is quicker to search than a set is to make. */
const few = 12;

/** Is the name there already? Notes it. */
function isTwice(level: Level, names: string[], name: string): boolean {
  if (level.many ? level.many.has(name) : names.includes(name)) return true;
  if (level.many) level.many.add(name);
  else if (names.push(name) > few) level.many = new Set(names);
  return false;
}

/** One pass over the text with an explicit stack. False: too deep to go on. */
function scan(text: string, depth: number, issues: Issue[], twice: (path: string) => void): boolean {
  const levels: Level[] = [];
  let top: Level | undefined;
  let key = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) {
      const end = stringEnd(text, i);
      if (key && top?.names) {
        const raw = text.slice(i + 1, end);
        // The same name may be written in two ways.
        const name = raw.includes('\\') ? decoded(raw) : raw;
        top.at = name;
        if (isTwice(top, top.names, name)) {
          twice(levels.map(({ at }) => at).join('.'));
          const words = `The key ${JSON.stringify(name.slice(0, 64))} is there twice in one object: readers differ on which counts.`;
          if (issues.length < 100) issues.push(found('error', 'json.duplicate', words, lineAt(text, i)));
        }
        key = false;
      }
      i = end;
    } else if (code === 0x7b || code === 0x5b) {
      top = { names: code === 0x7b ? [] : undefined, many: undefined, at: code === 0x7b ? '' : 0 };
      levels.push(top);
      key = code === 0x7b;
      if (levels.length > depth) {
        issues.push(found('not-verifiable', 'limit.depth', `not verifiable: nested more than ${depth} levels deep.`, lineAt(text, i)));
        return false;
      }
    } else if (code === 0x7d || code === 0x5d) {
      levels.pop();
      top = levels.at(-1);
    } else if (code === 0x2c) {
      key = top?.names !== undefined;
      if (top && !key) top.at = Number(top.at) + 1;
    }
  }
  const lone = loneSurrogate(text);
  if (lone !== undefined) issues.push(found('error', 'json.surrogate', 'A string holds half of a surrogate pair, which no UTF-8 can carry.', lone));
  return true;
}

const lineAt = (text: string, at: number): number => text.slice(0, at).split('\n').length;

function decoded(raw: string): string {
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return raw;
  }
}

/** Where the string ends that begins at `start`; the end of the text where it does not. */
function stringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}

/** Line of the first lone surrogate, raw or escaped. */
function loneSurrogate(text: string): number | undefined {
  const raw = text.isWellFormed() ? undefined : /\p{Surrogate}/u.exec(text);
  const escaped = text.includes('\\ud') || text.includes('\\uD') ? escapedLone(text) : undefined;
  const at = raw?.index ?? escaped;
  return at === undefined ? undefined : lineAt(text, at);
}

/** Every escape is read, so that a backslash that is one itself is not taken for the start of the next. */
function escapedLone(text: string): number | undefined {
  for (const match of text.matchAll(/\\(?:u[dD][89abAB][0-9a-fA-F]{2}(\\u[dD][c-fC-F][0-9a-fA-F]{2})?|(u[dD][c-fC-F][0-9a-fA-F]{2})|(.))/gs))
    if (match[1] === undefined && match[3] === undefined) return match.index;
  return undefined;
}
