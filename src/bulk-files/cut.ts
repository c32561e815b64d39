import { longestLine } from '../core/lines.ts';
import type { Block } from './lines.ts';

/** Bytes per block: large enough to make handing it to a thread cheap, small enough to keep many in flight. */
export const blockSize = 2 ** 20;

/**
 * Shards divide files in stripes of this many bytes: a line belongs to the stripe in which it starts. Every shard cuts a file in the same way, so they
 * agree on line numbers and leave nothing out. Small files are one stripe: many files are divided file by file, without reading those of others.
 */
export const stripe = 16 * 2 ** 20;

export interface Cut extends Omit<Block, 'file' | 'type'> {
  readonly buffer: ArrayBuffer;
}

export interface Blocks {
  /** Called with whole lines, in order; the next bytes are taken when it has ended. The buffer is the callee's. */
  readonly give: (cut: Cut) => Promise<void>;
  /** Lines of this stripe are ours. */
  readonly mine: (stripe: number) => boolean;
  readonly tooLong: (line: number, offset: number, bytes: number) => void;
  readonly take: (size: number) => ArrayBuffer;
}

/** Cuts a stream of bytes into blocks of whole lines. Holds one block, or one long line up to `longestLine`. Answers how many decoded bytes were read. */
export async function cutIntoBlocks(chunks: AsyncIterable<Uint8Array>, { give, mine, tooLong, take }: Blocks): Promise<number> {
  let buffer = Buffer.from(take(blockSize));
  /** Bytes held, and where the first of them is in the file. */
  let held = 0;
  let offset = 0;
  let line = 1;
  /** Bytes of a line that outgrew us and is being passed over. */
  let passed = 0;

  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let from = 0; from < bytes.length; ) {
      if (passed > 0) {
        from = pass(bytes, from);
        continue;
      }
      const copied = bytes.copy(buffer, held, from);
      held += copied;
      from += copied;
      if (held === buffer.length) await full();
    }
  }
  if (passed > 0) endPassed();
  else if (held > 0) await giveUpTo(held, true);
  return offset;

  /** The buffer is full: what ends in it goes out; a line that does not gets more room. */
  async function full(): Promise<void> {
    const end = buffer.lastIndexOf(10, held - 1) + 1;
    if (end > 0) return giveUpTo(end, false);
    if (held >= longestLine) {
      passed = held;
      held = 0;
      buffer = Buffer.from(take(blockSize));
      return;
    }
    const wider = Buffer.from(new ArrayBuffer(Math.min(held * 2, longestLine)));
    buffer.copy(wider, 0, 0, held);
    buffer = wider;
  }

  async function giveUpTo(end: number, last: boolean): Promise<void> {
    const rest = held - end;
    const whole = buffer;
    buffer = Buffer.from(take(rest < blockSize ? blockSize : blockSize + rest));
    whole.copy(buffer, 0, end, held);
    held = rest;
    const unended = last && whole[end - 1] !== 10;
    for (let from = 0; from < end; ) {
      const inFile = offset + from;
      const edge = (Math.floor(inFile / stripe) + 1) * stripe - offset;
      // Up to the first line that starts at the stripe's edge or behind it.
      const to = edge >= end ? end : whole.indexOf(10, edge - 1) + 1 || end;
      const lines = newlines(whole, from, to);
      if (mine(Math.floor(inFile / stripe))) {
        // A buffer can be handed over once; the rarer parts are copied.
        const bytes = to - from === end ? whole.subarray(0, end) : Uint8Array.from(whole.subarray(from, to));
        await give({ buffer: bytes.buffer as ArrayBuffer, bytes, line, offset: inFile, unended: unended && to === end });
      }
      line += lines;
      from = to;
    }
    offset += end;
  }

  function pass(bytes: Buffer, from: number): number {
    const stop = bytes.indexOf(10, from);
    if (stop < 0) {
      passed += bytes.length - from;
      return bytes.length;
    }
    passed += stop + 1 - from;
    endPassed();
    return stop + 1;
  }

  function endPassed(): void {
    if (mine(Math.floor(offset / stripe))) tooLong(line, offset, passed);
    offset += passed;
    passed = 0;
    line++;
  }
}

function newlines(bytes: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = bytes.indexOf(10, from); at >= 0 && at < to; at = bytes.indexOf(10, at + 1)) count++;
  return count;
}
