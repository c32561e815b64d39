/**
 * Finds on which line of a JSON text an element stands.
 * `expression` is the FHIRPath of an issue: `Patient.name[0].given[1]`, `Observation.value.ofType(Quantity).code`.
 * Answers the line of the deepest part that is there (a missing element is reported at its parent), from 1.
 */
export function lineOf(text: string, expression: string): number {
  // Most servers send one line.
  if (!text.includes('\n')) return 1;
  const wanted = segments(expression);
  let depth = 0;
  let i = 0;
  let best = 0;
  const skipSpace = (): void => {
    while (i < text.length && ' \t\r\n:,'.includes(text[i] ?? '')) i++;
  };
  // Descends along the wanted path only; everything else is skipped over.
  for (;;) {
    skipSpace();
    best = i;
    const step = wanted[depth];
    if (step === undefined) break;
    const found =
      text[i] === '{' && typeof step === 'string'
        ? toKey(text, i, step)
        : text[i] === '[' && typeof step === 'number'
          ? toItem(text, i, step)
          : undefined;
    if (found === undefined) break;
    i = found;
    depth++;
  }
  let line = 1;
  for (let at = 0; at < best && at < text.length; at++) if (text.charCodeAt(at) === 10) line++;
  return line;
}

function segments(expression: string): readonly (string | number)[] {
  const plain = expression.replace(
    /\.(\w+)\.ofType\((\w)(\w*)\)/g,
    (_, name: string, first: string, rest: string) => `.${name}${first.toUpperCase()}${rest}`,
  );
  const out: (string | number)[] = [];
  for (const [, name, index] of plain.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    if (index !== undefined) out.push(Number(index));
    else if (name !== undefined) out.push(name);
  }
  return out.slice(1);
}

/** Offset of the value of this key in the object that starts at `from`. */
function toKey(text: string, from: number, key: string): number | undefined {
  let i = from + 1;
  while (i < text.length) {
    while (' \t\r\n,'.includes(text[i] ?? '')) i++;
    if (text[i] !== '"') return undefined;
    const end = endOf(text, i);
    const name = text.slice(i + 1, end - 1);
    i = end;
    while (' \t\r\n:'.includes(text[i] ?? '')) i++;
    if (name === key) return i;
    i = endOf(text, i);
  }
  return undefined;
}

function toItem(text: string, from: number, index: number): number | undefined {
  let i = from + 1;
  for (let n = 0; i < text.length; n++) {
    while (' \t\r\n,'.includes(text[i] ?? '')) i++;
    if (text[i] === ']') return undefined;
    if (n === index) return i;
    i = endOf(text, i);
  }
  return undefined;
}

/** Offset after the value that starts here. */
function endOf(text: string, from: number): number {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    const c = text[i];
    if (c === '"') {
      i++;
      while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
      if (depth === 0) return i + 1;
    } else if (c === '{' || c === '[') depth++;
    else if (c === '}' || c === ']') {
      if (depth === 0) return i;
      if (--depth === 0) return i + 1;
    } else if (depth === 0 && (c === ',' || c === '\n' || c === ' ')) return i;
  }
  return text.length;
}
