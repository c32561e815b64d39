const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const dash = 0x2d;

/** UUIDs in what judges know beside the answer, in lower case: an answer is judged by whether it has these and not others. */
export const uuidsIn = (text: string): ReadonlySet<string> =>
  new Set(text.match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi)?.map((each) => each.toLowerCase()));

/**
 * A question and its answer, with the names that were made up for this one call replaced: each UUID but the `known` ones by the number of its first
 * appearance, the id of whom it is about by a sign. Two texts become equal only where one is the other with its names exchanged one for one, and no judge
 * can care which UUID it is: whether it occurs where it must is kept. The signs cannot occur in JSON or in a URL, so nothing else is taken for a name.
 */
export function withoutNames(text: string, about: string | undefined, known: ReadonlySet<string> = new Set()): string {
  const plain = withoutUuids(text, known);
  // A short id may be part of a number or a word.
  return about === undefined || about.length < 8 ? plain : plain.split(about).join('\u0002');
}

/** By its dashes, because k6's engine takes twice as long to search for the whole pattern. */
function withoutUuids(text: string, known: ReadonlySet<string>): string {
  const numbers = new Map<string, string>();
  let plain = '';
  let from = 0;
  for (let at = text.indexOf('-', 8); at >= 0; at = text.indexOf('-', at + 1)) {
    if (text.charCodeAt(at + 5) !== dash || text.charCodeAt(at + 10) !== dash || text.charCodeAt(at + 15) !== dash) continue;
    const name = text.slice(at - 8, at + 28);
    if (at < from + 8 || !uuid.test(name) || known.has(name.toLowerCase())) continue;
    const number = numbers.get(name) ?? `\u0001${numbers.size}\u0001`;
    numbers.set(name, number);
    plain += text.slice(from, at - 8) + number;
    from = at + 28;
    at = from - 1;
  }
  return plain + text.slice(from);
}
