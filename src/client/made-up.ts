/**
 * Words that suites and checks make up for what must not exist: of a group, a type, an operation, a client. Each run appends letters of its own, so that no payer can
 * know them beforehand, and a record that some run left behind is not found by the next.
 */
const madeUp = /no-such(?:-[a-z]+)+|NoSuch[A-Z][A-Za-z]+|noSuch[A-Z][A-Za-z]+|harness(?:-[a-z]+)+/g;

/** Five letters that hang on the seed alone; they begin with q, as few words do. */
export function lettersOf(seed: number): string {
  let rest = Math.abs(Math.trunc(seed)) % 19 ** 4;
  let letters = 'q';
  for (let nth = 0; nth < 4; nth++) {
    letters += 'bcdfghjklmnprstvwxz'.charAt(rest % 19);
    rest = Math.floor(rest / 19);
  }
  return letters;
}

/** The same data with `letters` at the end of each made-up word in any of its texts; one that has them already keeps them once. */
export function withLetters<Data>(data: Data, letters: string): Data {
  if (typeof data === 'string') return data.replace(madeUp, (word) => (word.endsWith(letters) ? word : `${word}${letters}`)) as Data;
  if (Array.isArray(data)) return data.map((each) => withLetters(each, letters)) as Data;
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [withLetters(name, letters), withLetters(value, letters)])) as Data;
}
