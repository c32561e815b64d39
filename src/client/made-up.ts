/**
 * Words that suites and checks make up for what must not exist: a group, a type, an operation, a client. Each run appends letters of its own, so that no payer can
 * know them beforehand, and a record that some run left behind is not found by the next.
 */
const madeUp = /no-such(?:-[a-z]+)+|[Nn]oSuch[A-Z][A-Za-z]+/g;

/** Five letters that depend on the seed alone; they begin with q, as few words do. */
export function lettersOf(seed: number): string {
  let rest = Math.abs(Math.trunc(seed)) % 19 ** 4;
  let letters = 'q';
  for (let nth = 0; nth < 4; nth++) {
    letters += 'bcdfghjklmnprstvwxz'.charAt(rest % 19);
    rest = Math.floor(rest / 19);
  }
  return letters;
}

/**
 * Puts `letters` at the end of each made-up word in any text of some data; one that has them already keeps them once. What stands in `own`, the target file,
 * is nobody's invention and stays: a host may well be called no-such-luck.example.
 */
export function withLetters(letters: string, own: object): <Data>(data: Data) => Data {
  const real = new Set(JSON.stringify(own).match(madeUp));
  const reword = (text: string): string => text.replace(madeUp, (word) => (real.has(word) || word.endsWith(letters) ? word : `${word}${letters}`));
  const walk = <Data>(data: Data): Data => {
    if (typeof data === 'string') return reword(data) as Data;
    if (Array.isArray(data)) return data.map(walk) as Data;
    if (typeof data !== 'object' || data === null) return data;
    return Object.fromEntries(Object.entries(data).map(([name, value]) => [reword(name), walk(value)])) as Data;
  };
  return walk;
}
