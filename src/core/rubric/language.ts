import type { Action } from './report.ts';

/**
 * A small, data-driven classifier for the words of an error: is it plain language, and which way forward does it name?
 * It reads English, as the guides and their examples do.
 */

interface Pattern {
  readonly means: string;
  readonly pattern: RegExp;
}

/** Where a value or a translation should stand: `!KEY!`, `???key???`, `${x}`, `{0}`, `{{x}}`, `%s`. */
const placeholder = /!\w[\w.]*!|\?{2,}[\w.]+\?{2,}|\$\{[^}]*\}|\{\{[^}]*\}\}|\{\d+\}|(?<![\w%])%\d*\$?[sd]\b/;
/** Words of a language, in what is left of a sentence without its values. */
const wordsIn = (text: string): number => text.match(/(?<![\w$])[a-z]{2,}(?![\w(])/gi)?.length ?? 0;
const leastWords = 3;

/** What staff cannot read: names and notations of the program, not of the request. */
const machineWords: readonly Pattern[] = [
  { means: 'markup', pattern: /<\/?[a-z!][^>]*>/i },
  { means: 'an exception name', pattern: /\b[A-Za-z]*(?:Exception|Throwable|StackTrace|Traceback)\b|\b[A-Z][a-z]+Error\b/ },
  { means: 'a package or class path', pattern: /\b(?:[a-z][a-z0-9]*\.){2,}[A-Z]\w+|\b(?:com|org|java|javax|net|ca)\.[a-z]+\.[\w.]+/ },
  { means: 'a stack frame', pattern: /\bat [\w$.<>]+\([^)]*:\d+\)|\bFile "[^"]+", line \d+/ },
  { means: 'a file path', pattern: /(?:^|\s)(?:\/(?:usr|var|opt|home|srv|app|etc)\/\S+|[A-Z]:\\\S+)/ },
  { means: 'SQL', pattern: /\b(?:SELECT\s.+\sFROM|INSERT INTO|UPDATE\s\w+\sSET|DELETE FROM|ORA-\d+|SQLSTATE)\b/ },
  { means: 'a function call', pattern: /\b[a-z]\w*[A-Z]\w*\(|\b\w+\(\)/ },
  { means: 'a memory address', pattern: /\b0x[0-9a-f]{4,}\b|@[0-9a-f]{6,}\b/i },
  { means: 'a null of the program', pattern: /\b(?:NullReference|nullptr|undefined is not|\[object Object\]|NaN)\b/i },
  { means: 'a bare error constant', pattern: /\b(?:ERR|ERROR|E)_[A-Z0-9_]{3,}\b/ },
  { means: 'a placeholder or a key without its words', pattern: placeholder },
  { means: 'JSON or code brackets', pattern: /[{}]\s*["'\w…]+\s*:|;\s*$|=>/ },
];

/** Sayings that fill space: they name neither cause nor way. */
const empty =
  /^(?:an? )?(?:unknown |unexpected |internal |general |server )*(?:error|failure|fault|problem|exception)(?: (?:has )?occurr?ed)?[.!]?$/i;

export interface Plainness {
  readonly plain: boolean;
  /** What stands in the way; empty when nothing does. */
  readonly why: string;
}

/** Lengths that a reader can use, characters. Cards may be shorter: their summary is a headline. */
export const readable = { shortest: 20, longest: 500 } as const;

/** Would a member of staff understand this sentence? Quoted values are the reader's own words and pass. */
export function plainLanguage(text: string, shortest: number = readable.shortest): Plainness {
  const words = text.replace(/\s+/g, ' ').trim();
  if (words === '') return { plain: false, why: 'there is no text' };
  if (empty.test(words)) return { plain: false, why: 'it only says that an error occurred' };
  if (words.length < shortest) return { plain: false, why: `${words.length} characters are too few (at least ${shortest})` };
  if (words.length > readable.longest) return { plain: false, why: `${words.length} characters are too many (at most ${readable.longest})` };
  if (!/\s/.test(words)) return { plain: false, why: 'a bare code without words' };
  const unquoted = words.replace(/"[^"<>]*"|'[^'<>]*'|`[^`<>]*`/g, '…');
  const found = machineWords.find(({ pattern }) => pattern.test(unquoted));
  if (found) return { plain: false, why: `it shows ${found.means}` };
  // A headline may be two words.
  const few = shortest >= readable.shortest && wordsIn(unquoted) < leastWords;
  return few ? { plain: false, why: `fewer than ${leastWords} words` } : { plain: true, why: '' };
}

/** Messages that nobody can use at all, by post-condition P4: empty, markup, cut, or a bare code. */
export function unusable(text: string): string | undefined {
  const words = text.trim();
  if (words === '') return 'empty';
  if (/<\/?[a-z!][^>]*>/i.test(words)) return 'markup';
  if (/(?:\.\.\.|…|\b(?:and|or|the|because|of|to|with)\s*,?)$/i.test(words)) return 'cut off';
  if (!/\s/.test(words)) return 'a bare code';
  if (placeholder.test(words)) return 'a placeholder without its words';
  return empty.test(words) ? 'without content' : undefined;
}

/** Instructions, and last what is only implied by a rule. At the same place in a sentence the earlier row counts. */
const waysForward: readonly { readonly action: Action; readonly pattern: RegExp }[] = [
  {
    action: 'reauthenticate',
    pattern:
      /\b(?:re-?authenticate|authenticate (?:again|first)|(?:log|sign) ?in\b|(?:request|get|obtain|ask for|fetch|acquire|use|send) (?:an? )?(?:new|fresh|valid|current|another|wider|bearer|access)(?: bearer| access)? (?:one|token|assertion|jwt|scopes?)\b|(?:request|get|obtain|ask for) a token\b|(?:make|create|sign|build) (?:an? |the )?(?:new )?(?:client[_ ])?(?:assertion|jwt)\b|sign (?:it|the request) (?:again|with)|ask for (?:the |a )?\S* ?scopes?\b|request (?:the )?\S+ scopes?\b)/i,
  },
  {
    action: 'contact',
    pattern:
      /\b(?:contact|call|phone|e-?mail|write to|reach out to|get in touch|ask (?:the |your |our )?(?:payer|plan|administrator|help ?desk|support|operator|member)|quote .+ to|report (?:this|it) to|speak to)\b/i,
  },
  {
    action: 'correct',
    pattern:
      /(?<=^|[;:,]\s*|\b(?:please|then|or|and|to)\s+)(?:correct|check|verify|review|add|remove|omit|leave out|drop|use|send|supply|provide|include|change|fix|mend|replace|specify|set|give|enter|complete|name|choose|select|pick|register|reduce|narrow|repair|make|point|start a new|sign|encode|read|follow|spell|write|ask with|limit|list|put|search)\b/i,
  },
  {
    action: 'retry',
    pattern:
      /\b(?:retry|retries|try (?:it |this |the request |your request )?(?:again|once more|later)|(?:send|repeat|resend) (?:it|this|the request|your request) (?:again )?(?:later|after|in \d)|again (?:later|in \d|after)|wait\b|come back|in \d+ seconds|poll again)/i,
  },
  {
    // What is allowed is named: whoever reads it knows what to send.
    action: 'correct',
    pattern:
      /\b(?:valid|allowed|supported|accepted|permitted|possible|available|known|expected)\b[^.;]{0,80}(?:\b(?:are|is)\b:?|:)\s*[["'(\w]|\bone of\b|\bonly\b.+\b(?:supported|accepted|allowed|offered|available)\b|\buse .+ instead\b|\bexpected\b.+\b(?:but|got|found|was)\b/i,
  },
  {
    // The value that is wrong is quoted, and what it should have been is named.
    action: 'correct',
    pattern: /\b(?:invalid|malformed|illegal)\b[^.;"]{1,60}(?:format|syntax)\b[^.;"]{0,20}["'\u201c][^"]+["'\u201d]/i,
  },
  {
    action: 'correct',
    pattern:
      /\b(?:must (?:be|have|not|point|equal|lie|hold|name|contain|start|use|carry)|should be|is required|are required|is mandatory|is missing|are missing|needs? (?:an?|to be)|only .+ (?:is|are) (?:offered|supported|accepted|allowed))\b/i,
  },
];

/** A fallback ("If this persists, contact ...") does not compete with the way forward it follows. */
const fallback =
  /\b(?:if (?:this|it|the (?:problem|error|fault))\b.*\b(?:persists?|continues?|remains?|happens|fails) ?|otherwise\b|for help\b|questions\?)/i;

/** What a sentence asks for: of several ways, the one that it names first. */
function actionOf(sentence: string, ways: typeof waysForward): Action | undefined {
  let first: { readonly action: Action; readonly place: number } | undefined;
  for (const { action, pattern } of ways) {
    const place = pattern.exec(sentence)?.index;
    if (place !== undefined && (first === undefined || place < first.place)) first = { action, place };
  }
  return first?.action;
}

/** Ways forward that a text names, each once, in the order in which they appear. */
export function actionsIn(text: string): readonly Action[] {
  const sentences = text.split(/(?<=[.!?;])\s+/).filter((each) => !fallback.test(each));
  const asked = sentences.flatMap((sentence) => actionOf(sentence, waysForward.slice(0, 4)) ?? []);
  // "The scope must cover X. Ask for a new token." names one way: a rule stated on the way to an instruction is no second one.
  return [...new Set(asked.length > 0 ? asked : sentences.flatMap((sentence) => actionOf(sentence, waysForward.slice(4)) ?? []))];
}
