/** Just enough of two wire formats to see what a metrics backend would see. */

/**
 * A Snappy block: its length, then literals and copies of what was already written.
 * Source: https://github.com/google/snappy/blob/main/format_description.txt
 */
export function unsnapped(block: Buffer): Buffer {
  const [length, start] = varint(block, 0);
  const out = Buffer.alloc(length);
  let [at, end] = [start, 0];
  while (at < block.length) {
    const tag = block.readUInt8(at++);
    const kind = tag & 3;
    if (kind === 0) {
      // Lengths from 60 on are in the one to four bytes that follow.
      const more = Math.max(0, (tag >> 2) - 59);
      const size = (more === 0 ? tag >> 2 : block.readUIntLE(at, more)) + 1;
      at += more;
      end += block.copy(out, end, at, at + size);
      at += size;
      continue;
    }
    const size = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const width = kind === 1 ? 1 : kind === 2 ? 2 : 4;
    const back = block.readUIntLE(at, width) + (kind === 1 ? (tag >> 5) << 8 : 0);
    at += width;
    // Byte by byte: a copy may overlap what it writes.
    for (let nth = 0; nth < size; nth++, end++) out[end] = out[end - back] ?? 0;
  }
  if (end !== length) throw new Error(`a Snappy block of ${length} bytes was expected, seen ${end}`);
  return out;
}

/** One field of a protobuf message; the bytes of a length-delimited or fixed one, or the number of a varint. Source: https://protobuf.dev/programming-guides/encoding/ */
export interface Field {
  readonly number: number;
  readonly bytes: Buffer;
  readonly value: number;
}

export function fieldsOf(message: Buffer): readonly Field[] {
  const fields: Field[] = [];
  let at = 0;
  while (at < message.length) {
    const [key, after] = varint(message, at);
    const [number, wire] = [key >>> 3, key & 7];
    if (![0, 1, 2, 5].includes(wire)) throw new Error(`wire type ${wire} at byte ${at}: this is no protobuf message`);
    const [value, from] = wire === 0 || wire === 2 ? varint(message, after) : [0, after];
    const size = wire === 2 ? value : wire === 1 ? 8 : wire === 5 ? 4 : 0;
    at = from + size;
    fields.push({ number, value, bytes: message.subarray(from, at) });
  }
  return fields;
}

/** The messages at the end of a path of field numbers. */
export const at = (message: Buffer, ...[first, ...rest]: readonly number[]): readonly Buffer[] =>
  first === undefined ? [message] : fieldsOf(message).flatMap(({ number, bytes }) => (number === first ? at(bytes, ...rest) : []));

function varint(bytes: Buffer, from: number): readonly [value: number, next: number] {
  let [value, scale, at] = [0, 1, from];
  for (;;) {
    const byte = bytes.readUInt8(at++);
    value += (byte & 127) * scale;
    scale *= 128;
    if (byte < 128) return [value, at];
  }
}
