/** Longer texts within a value are written in pieces of this many characters. */
const most = 2 ** 18;

/**
 * A value as `JSON.stringify` writes it, in pieces: as a whole, an answer of 8 MB would be held four times while it is written. Only texts of exchanges are
 * so long, and only the two bodies are looked for.
 */
export function* jsonPieces(value: unknown): Generator<string> {
  const bodies = bodiesOf(value);
  if (!bodies.some((each) => each.length > most)) {
    yield JSON.stringify(value);
    return;
  }
  const long: string[] = [];
  // No text of a payer can say what is drawn here and now.
  const mark = crypto.randomUUID();
  const head = JSON.stringify(value, (_key, each: unknown) => {
    if (typeof each !== 'string' || each.length <= most) return each;
    long.push(each);
    return mark;
  });
  for (const [nth, piece] of head.split(mark).entries()) {
    if (nth > 0) yield* escaped(long[nth - 1] ?? '');
    yield piece;
  }
}

/** The inside of a JSON string. */
function* escaped(text: string): Generator<string> {
  for (let from = 0; from < text.length; ) {
    let end = Math.min(from + most, text.length);
    // Two halves of one sign stay together.
    if (end < text.length && text.charCodeAt(end - 1) >= 0xd800 && text.charCodeAt(end - 1) <= 0xdbff) end++;
    yield JSON.stringify(text.slice(from, end)).slice(1, -1);
    from = end;
  }
}

function bodiesOf(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { request, response } = value as { readonly request?: unknown; readonly response?: unknown };
  return [request, response].flatMap((each) => {
    const body = typeof each === 'object' && each !== null && 'body' in each ? each.body : undefined;
    return typeof body === 'string' ? [body] : [];
  });
}
