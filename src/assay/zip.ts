import { zipSync } from 'fflate';
import { changes } from './crc.ts';

/**
 * The container: a zip with one way to be written. Members stand as they are, in the order given, with one time, no comment and nothing between or behind
 * them, so that every byte follows from the members and reading is "write it again and compare". Pages and runs are compressed before they become members.
 * Source of the layout: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export interface Member {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The package is not as it was written; `place`: member and byte, or part of the zip. */
export class Damage extends Error {
  readonly place: string;
  constructor(place: string, why: string) {
    super(`${place}: ${why}`);
    this.place = place;
  }
}

const names = /^[\w-][\w.-]*(\/[\w-][\w.-]*)?$/;
const most = 200;

/** The bytes of a package. Throws for a name that is no plain path. */
export function pack(members: readonly Member[]): Uint8Array {
  for (const { name } of members) if (!names.test(name)) throw new Error(`"${name}" cannot be the name of a member: letters, digits, ._- and one /.`);
  // The constructor with parts means local time, and so does the library: the same bytes in every time zone.
  const mtime = new Date(1980, 0, 1);
  return zipSync(Object.fromEntries(members.map(({ name, bytes }) => [name, bytes])), { level: 0, mtime });
}

/** A member and where its parts stand in the zip. */
interface Placed extends Member {
  readonly header: number;
  readonly data: number;
}

/** The members of a package. Throws `Damage` unless every byte is as `pack` writes it. */
export function unpack(bytes: Uint8Array): readonly Member[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Read twice, by the headers before the data and by the directory at the end: where one is damaged the other says what it should be.
  const readings = [byHeaders(bytes, view), byDirectory(bytes, view)].flatMap((placed) => {
    const safe = placed !== undefined && placed.length > 0 && placed.every(({ name }) => names.test(name)) && distinct(placed);
    return safe ? [{ placed, again: pack(placed) }] : [];
  });
  const judged = readings.map((each) => ({ ...each, ...difference(bytes, each.again) }));
  const good = judged.find(({ count }) => count === 0);
  if (good) return good.placed.map(({ name, bytes: data }) => ({ name, bytes: data }));
  if (judged.length === 0)
    throw new Damage('zip structure', 'no member can be read: this is no package, or only a part of one. Ask for the file again');
  for (const one of judged) damagedData(bytes, view, one.placed, one.again);
  const least = Math.min(...judged.map(({ count }) => count));
  // A name stands in two places: that they differ does not say which is wrong.
  const places = judged.filter(({ count }) => count === least).map(({ placed, first }) => placeOf(placed, first, bytes.length));
  throw new Damage([...new Set(places)].join(', or '), 'it is not as payer-assay writes it. Ask for the file again');
}

const distinct = (placed: readonly Placed[]): boolean => new Set(placed.map(({ name }) => name)).size === placed.length;

/** How many bytes differ, and the first that does. */
function difference(a: Uint8Array, b: Uint8Array): { readonly count: number; readonly first: number } {
  if (a.length === b.length && Buffer.compare(a, b) === 0) return { count: 0, first: -1 };
  const least = Math.min(a.length, b.length);
  let count = Math.abs(a.length - b.length);
  let first = least;
  for (let at = least - 1; at >= 0; at--)
    if (a[at] !== b[at]) {
      count++;
      first = at;
    }
  return { count, first };
}

const signature = { header: 0x04034b50, entry: 0x02014b50, end: 0x06054b50 } as const;
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

function byHeaders(bytes: Uint8Array, view: DataView): readonly Placed[] | undefined {
  const placed: Placed[] = [];
  for (let at = 0; at + 30 <= bytes.length && view.getUint32(at, true) === signature.header && placed.length < most; ) {
    const size = view.getUint32(at + 18, true);
    const data = at + 30 + view.getUint16(at + 26, true);
    if (data + size > bytes.length) return undefined;
    placed.push({ name: text(bytes.subarray(at + 30, data)), bytes: bytes.subarray(data, data + size), header: at, data });
    at = data + size;
  }
  return placed;
}

function byDirectory(bytes: Uint8Array, view: DataView): readonly Placed[] | undefined {
  const end = bytes.length - 22;
  if (end < 0) return undefined;
  // The directory ends where the end record begins; its start is said there, and twice over by its length.
  for (const start of new Set([view.getUint32(end + 16, true), end - view.getUint32(end + 12, true)])) {
    const placed: Placed[] = [];
    let header = 0;
    let at = start;
    while (at >= 0 && at + 46 <= end && view.getUint32(at, true) === signature.entry && placed.length < most) {
      const length = view.getUint16(at + 28, true);
      const size = view.getUint32(at + 24, true);
      const data = header + 30 + length;
      if (data + size > start || at + 46 + length > end) break;
      placed.push({ name: text(bytes.subarray(at + 46, at + 46 + length)), bytes: bytes.subarray(data, data + size), header, data });
      header = data + size;
      at += 46 + length;
    }
    if (at === end && header === start) return placed;
  }
  return undefined;
}

/** Throws when header and directory agree on a checksum that the data of a member has not. */
function damagedData(bytes: Uint8Array, view: DataView, placed: readonly Placed[], again: Uint8Array): void {
  if (again.length !== bytes.length) return;
  const fresh = new DataView(again.buffer, again.byteOffset, again.byteLength);
  const last = placed.at(-1);
  let entry = last === undefined ? 0 : last.data + last.bytes.length;
  for (const { name, bytes: data, header } of placed) {
    const stored = view.getUint32(header + 14, true);
    if (view.getUint32(entry + 16, true) === stored && fresh.getUint32(header + 14, true) !== stored) {
      const [one, ...others] = changes(data, stored);
      if (one === undefined || others.length > 0) throw new Damage(`member ${name}`, 'its content does not fit its checksum. Ask for the file again');
      throw new Damage(
        `member ${name}, byte ${one.at}`,
        `it is ${hex(data[one.at] ?? 0)} and was ${hex(one.was)} when the package was made. Ask for the file again`,
      );
    }
    entry += 46 + Buffer.byteLength(name);
  }
}

const hex = (value: number): string => `0x${value.toString(16).padStart(2, '0')}`;

function placeOf(placed: readonly Placed[], at: number, length: number): string {
  const member = placed.findLast(({ header }) => header <= at);
  const data = placed.at(-1);
  const directory = data === undefined ? 0 : data.data + data.bytes.length;
  if (member !== undefined && at < directory)
    return at < member.data ? `zip structure, header of ${member.name}, byte ${at}` : `member ${member.name}, byte ${at - member.data}`;
  return at >= length - 22 ? `zip structure, end of the file, byte ${at}` : `zip structure, directory, byte ${at}`;
}
