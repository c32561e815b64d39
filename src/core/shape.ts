/** How deep and how wide a document may be before anything of ours reads it by recursion. */
export interface ShapeLimits {
  /** Levels of nesting. FHIR at its deepest (a Questionnaire, a nested extension) stays below 50. */
  readonly depth: number;
  /** Values of JSON or elements of XML: a page of a thousand resources has some 100,000. */
  readonly values: number;
}

export const shapeLimits: ShapeLimits = { depth: 200, values: 500_000 };

/** Why this JSON or XML is more than we read, in words; undefined when it is not, or is neither. One pass, no recursion, whatever the text. */
export function beyondShape(text: string, limits: ShapeLimits = shapeLimits): string | undefined {
  const start = /[^\s\uFEFF]/.exec(text)?.[0];
  const { depth, values } =
    start === '{' || start === '[' ? jsonShape(text, limits) : start === '<' ? xmlShape(text, limits) : { depth: 0, values: 0 };
  if (depth > limits.depth) return `it nests deeper than our limit of ${limits.depth} levels`;
  if (values > limits.values) return `it holds more than ${limits.values} values, which is our limit`;
  return undefined;
}

function jsonShape(text: string, limits: ShapeLimits): ShapeLimits {
  let [depth, deepest, values] = [0, 0, 1];
  for (let nth = 0; nth < text.length && deepest <= limits.depth && values <= limits.values; nth++) {
    const sign = text.charCodeAt(nth);
    // A string is passed over: to the next quote that is not escaped.
    if (sign === 0x22) {
      do nth = text.indexOf('"', nth + 1);
      while (nth > 0 && isEscaped(text, nth));
      if (nth < 0) break;
    } else if (sign === 0x7b || sign === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (sign === 0x7d || sign === 0x5d) depth--;
    else if (sign === 0x2c) values++;
  }
  return { depth: deepest, values };
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
  return { depth: deepest, values };
}
