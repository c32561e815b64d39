/**
 * The part that all generated readers share, as code (see readerCode): JSON and the primitive types of FHIR over bytes. Each function takes the place where a
 * value begins and answers where it ends, or -1 for "not sure". It must take nothing that the patterns of the schema refuse (test/bulk-files/sound.test.ts).
 */
export const readerParts = (deepest: number): string => `
let b, v, idAt, patient, subject, beneficiary, last, references;
const word = (i) => v.getInt32(i, true);
const from = (i) => b[i] <= 32 ? blank(i) : i;
const digit = (i) => b[i] >= 48 && b[i] <= 57;
const never = () => -1;
const table = (characters) => { const all = new Uint8Array(256); for (const each of characters) all[each.charCodeAt(0)] = 1; return all; };
const hex = table('0123456789abcdefABCDEF');
const idCharacters = table('-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz');

function blank(i) {
  while (b[i] === 32 || b[i] === 9 || b[i] === 13) i++;
  return i;
}

// Four bytes at a time up to a quotation mark, a backslash or a control character: the lowest mark in 'hit' is always a true one.
function text(i) {
  if (b[i++] !== 34) return -1;
  for (;;) {
    const w = word(i), quote = w ^ 0x22222222, slash = w ^ 0x5c5c5c5c;
    const hit = ((w - 0x20202020 & ~w) | (quote - 0x01010101 & ~quote) | (slash - 0x01010101 & ~slash)) & 0x80808080;
    if (hit === 0) { i += 4; continue; }
    i += 31 - Math.clz32(hit & -hit) >> 3;
    if (b[i] === 34) return i + 1;
    if (b[i] !== 92 || (i = escaped(i)) < 0) return -1;
  }
}

function escaped(i) {
  switch (b[i + 1]) {
    case 34: case 47: case 92: case 98: case 102: case 110: case 114: case 116: return i + 2;
    case 117: {
      if (!isUnit(i)) return -1;
      if ((b[i + 2] | 32) !== 100 || b[i + 3] < 56) return i + 6;
      // Half of a surrogate pair is for the gate to tell.
      return !low[b[i + 3]] && isUnit(i + 6) && (b[i + 8] | 32) === 100 && low[b[i + 9]] ? i + 12 : -1;
    }
    default: return -1;
  }
}
const low = table('cdefCDEF');
const isUnit = (i) => b[i] === 92 && b[i + 1] === 117 && hex[b[i + 2]] && hex[b[i + 3]] && hex[b[i + 4]] && hex[b[i + 5]];

function someText(i) {
  const end = text(i);
  return end === i + 2 ? -1 : end;
}

// Without white space, or with single blanks inside. Escapes may stand for white space, but for these three.
function dark(i, blanks) {
  if (b[i++] !== 34) return -1;
  const start = i;
  for (;;) {
    const w = word(i), quote = w ^ 0x22222222, slash = w ^ 0x5c5c5c5c;
    const hit = ((w - 0x21212121 & ~w) | (quote - 0x01010101 & ~quote) | (slash - 0x01010101 & ~slash)) & 0x80808080;
    if (hit === 0) { i += 4; continue; }
    i += 31 - Math.clz32(hit & -hit) >> 3;
    const c = b[i];
    if (c === 34) return i === start ? -1 : i + 1;
    if (c === 92) {
      const e = b[i + 1];
      if (e !== 34 && e !== 47 && e !== 92) return -1;
      i += 2;
    } else if (c === 32 && blanks && i > start && b[i + 1] !== 32 && b[i + 1] !== 34) i++;
    else return -1;
  }
}
const uri = (i) => dark(i, false);
const code = (i) => dark(i, true);

function id(i) {
  if (b[i] !== 34) return -1;
  let end = i + 1;
  while (idCharacters[b[end]] === 1) end++;
  return b[end] === 34 && end > i + 1 && end <= i + 65 ? end + 1 : -1;
}

function number(i) {
  const start = i;
  if (b[i] === 45) i++;
  if (b[i] === 48) i++;
  else {
    if (!digit(i)) return -1;
    while (digit(i)) i++;
  }
  if (b[i] === 46) {
    if (!digit(++i)) return -1;
    while (digit(i)) i++;
  }
  // Beyond any number that is finite.
  return i - start > 300 ? -1 : i;
}

function whole(i, least, most) {
  const start = b[i] === 45 ? i + 1 : i;
  let end = start, n = 0;
  while (digit(end)) n = n * 10 + b[end++] - 48;
  if (end === start || (b[start] === 48 && end > start + 1)) return -1;
  return (start > i ? -n >= least : n >= least && n <= most) ? end : -1;
}

function boolean(i) {
  const w = word(i);
  return w === 0x65757274 ? i + 4 : w === 0x736c6166 && b[i + 4] === 101 ? i + 5 : -1;
}

function two(i, least, most) {
  if (!digit(i) || !digit(i + 1)) return false;
  const n = b[i] * 10 + b[i + 1] - 528;
  return n >= least && n <= most;
}
const year = (i) => digit(i) && digit(i + 1) && digit(i + 2) && digit(i + 3) && word(i) !== 0x30303030;
const month = (i) => year(i) && b[i + 4] === 45 && two(i + 5, 1, 12);
const day = (i) => month(i) && b[i + 7] === 45 && two(i + 8, 1, 31);

function date(i) {
  if (b[i] !== 34) return -1;
  if (b[i + 11] === 34 && day(i + 1)) return i + 12;
  if (b[i + 8] === 34 && month(i + 1)) return i + 9;
  return b[i + 5] === 34 && year(i + 1) ? i + 6 : -1;
}
const instant = (i) => b[i] === 34 && day(i + 1) ? moment(i + 11) : -1;
const dateTime = (i) => b[i + 11] === 84 ? instant(i) : date(i);

function moment(i) {
  if (b[i] !== 84 || !two(i + 1, 0, 23) || b[i + 3] !== 58 || !two(i + 4, 0, 59) || b[i + 6] !== 58 || !two(i + 7, 0, 60)) return -1;
  i += 9;
  if (b[i] === 46) {
    if (!digit(++i)) return -1;
    while (digit(i)) i++;
  }
  if (b[i] === 90) i++;
  else if ((b[i] === 43 || b[i] === 45) && b[i + 3] === 58 && (two(i + 1, 0, 13) ? two(i + 4, 0, 59) : two(i + 1, 14, 14) && two(i + 4, 0, 0))) i += 6;
  else return -1;
  return b[i] === 34 ? i + 1 : -1;
}

const matching = (pattern) => (i) => {
  const end = text(i);
  if (end < 0) return -1;
  const raw = b.latin1Slice(i + 1, end - 1);
  return raw.includes('\\\\') || !pattern.test(raw) ? -1 : end;
};

// What the schema leaves open: anything in which nothing is empty.
function any(i, depth) {
  switch (b[i]) {
    case 34: return text(i);
    case 123: return open(i, depth, 125);
    case 91: return open(i, depth, 93);
    case 116: case 102: return boolean(i);
    case 110: return word(i) === 0x6c6c756e ? i + 4 : -1;
    default: return number(i);
  }
}
const anyObject = (i, depth) => b[i] === 123 ? open(i, depth + 1, 125) : -1;

function open(i, depth, close) {
  if (depth > ${deepest}) return -1;
  i = from(i + 1);
  const names = [];
  for (;;) {
    let isReference = false;
    if (close === 125) {
      isReference = word(i) === 0x66657222 && word(i + 4) === 0x6e657265 && word(i + 7) === 0x2265636e;
      const start = i;
      i = text(i);
      if (i < 0 || b[i] !== 58) return -1;
      // A name that is there twice is for the gate to tell; the same name may be written in two ways.
      const name = b.latin1Slice(start, i);
      if (name.includes('\\\\') || names.includes(name)) return -1;
      names.push(name);
      i = from(i + 1);
      if (isReference && b[i] === 34) references.push(i + 1);
    }
    i = any(i, depth + 1);
    if (i < 0) return -1;
    if (b[i] <= 32) i = blank(i);
    if (b[i] === 44) i = from(i + 1);
    else return b[i] === close ? i + 1 : -1;
  }
}
`;
