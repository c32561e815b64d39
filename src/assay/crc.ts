import { crc32 } from 'node:zlib';

/** One changed byte of a piece: where it is, and what it was. */
export interface Change {
  readonly at: number;
  readonly was: number;
}

const table = Array.from({ length: 256 }, (_, value) => {
  let rest = value;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest >>> 0;
});
/** Which value leads to this highest byte: each of the 256 does to another. */
const byHighest = new Uint8Array(256);
for (const [value, entry] of table.entries()) byHighest[entry >>> 24] = value;

/**
 * Single bytes whose change explains why `data` no longer has the CRC-32 that it had. A CRC is linear: what a changed byte adds to it is the entry of the
 * table for the difference, moved on by the bytes behind. Mostly one; in megabytes of data a second one is possible, and the caller holds them against a digest.
 */
export function changes(data: Uint8Array, stored: number): readonly Change[] {
  const found: Change[] = [];
  let added = (crc32(data) ^ stored) >>> 0;
  for (let at = data.length - 1; at >= 0 && added !== 0; at--) {
    const value = byHighest[added >>> 24] ?? 0;
    const entry = table[value] ?? 0;
    if (entry === added) found.push({ at, was: (data[at] ?? 0) ^ value });
    added = (((added ^ entry) << 8) | value) >>> 0;
  }
  return found;
}
