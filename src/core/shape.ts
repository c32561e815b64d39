/** How deep and how wide a document may be before anything of ours reads it by recursion. */
export interface ShapeLimits {
  /** Levels of nesting. FHIR at its deepest (a Questionnaire, a nested extension) stays below 50. */
  readonly depth: number;
  /** Values of JSON or elements of XML: a page of a thousand resources has some 100,000. */
  readonly values: number;
  /** Members of one list or object of JSON: entries of a Bundle, members of a Group, cards. */
  readonly width: number;
}

export const shapeLimits: ShapeLimits = { depth: 200, values: 500_000, width: 50_000 };

/** Why this JSON or XML is more than we read, in words; undefined when it is not, or is neither. One pass, no recursion, whatever the text. */
export function beyondShape(text: string, limits: ShapeLimits = shapeLimits): string | undefined {
  const start = /[^\s\uFEFF]/.exec(text)?.[0];
  if (start !== '{' && start !== '[' && start !== '<') return undefined;
  const { depth, values, width } = start === '<' ? xmlShape(text, limits) : jsonShape(text, limits);
  if (depth > limits.depth) return `it nests deeper than our limit of ${limits.depth} levels`;
  if (width > limits.width) return `it holds a list of more than ${limits.width} entries, which is our limit`;
  if (values > limits.values) return `it holds more than ${limits.values} values, which is our limit`;
  return undefined;
}

function jsonShape(text: string, limits: ShapeLimits): ShapeLimits {
  let [depth, deepest, values, widest] = [0, 0, 1, 0];
  const widths: number[] = [];
  for (let nth = 0; nth < text.length && deepest <= limits.depth && values <= limits.values && widest <= limits.width; nth++) {
    const sign = text.charCodeAt(nth);
    // A string is passed over: to the next quote that is not escaped.
    if (sign === 0x22) {
      do nth = text.indexOf('"', nth + 1);
      while (nth > 0 && isEscaped(text, nth));
      if (nth < 0) break;
    } else if (sign === 0x7b || sign === 0x5b) {
      deepest = Math.max(deepest, ++depth);
      widths[depth] = 1;
    } else if (sign === 0x7d || sign === 0x5d) depth--;
    else if (sign === 0x2c) {
      values++;
      widths[depth] = (widths[depth] ?? 1) + 1;
      widest = Math.max(widest, widths[depth] ?? 1);
    }
  }
  return { depth: deepest, values, width: widest };
}

function isEscaped(text: string, quote: number): boolean {
  let before = quote - 1;
  while (text.charCodeAt(before) === 0x5c) before--;
  return (quote - 1 - before) % 2 === 1;
}

function xmlShape(text: string, limits: ShapeLimits): ShapeLimits {
  let [depth, deepest, values] = [0, 0, 0];
  for (let nth = text.indexOf('<'); nth >= 0 && deepest <= limits.depth && values <= limits.values; nth = text.indexOf('<', nth + 1)) {
    const next = text.charCodeAt(nth + 1);
    if (next === 0x2f) depth--;
    // A declaration or a comment opens nothing.
    else if (next !== 0x21 && next !== 0x3f) {
      values++;
      const close = text.indexOf('>', nth);
      if (close > 0 && text.charCodeAt(close - 1) !== 0x2f) deepest = Math.max(deepest, ++depth);
    }
  }
  return { depth: deepest, values, width: 0 };
}
