import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { blockSize } from './cut.ts';

/** Bytes of one file, decoded; a chunk may be overwritten when the next is asked for. `problem` is set when the stream of a compressed file broke off; what came before it is still given. */
export interface Source {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly problem: () => string | undefined;
}

/** Opens a file on disk. Compressed is what starts like gzip, whatever it is called. Throws when it cannot be read. */
export function openFile(path: string): Source {
  let problem: string | undefined;
  const gzip = isGzip(path);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    if (!gzip) return yield* plainly(path);
    const raw = createReadStream(path, { highWaterMark: blockSize });
    const unpacked = raw.pipe(createGunzip({ chunkSize: 2 ** 18 }));
    raw.on('error', (cause) => unpacked.destroy(cause));
    try {
      yield* unpacked as AsyncIterable<Uint8Array>;
    } catch (cause) {
      // zlib's codes start with Z_; anything else is the disk's, and no finding about the payer.
      if (!(cause as NodeJS.ErrnoException).code?.startsWith('Z_')) throw cause;
      problem = (cause as Error).message;
    } finally {
      raw.destroy();
    }
  }
  return { chunks: chunks(), problem: () => problem };
}

/** One buffer for the whole file: a stream takes a new one for each chunk, and clearing them away takes more time than reading. */
async function* plainly(path: string): AsyncGenerator<Uint8Array> {
  const handle = await open(path);
  try {
    const buffer = new Uint8Array(blockSize);
    for (;;) {
      const { bytesRead } = await handle.read(buffer);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** Does the file start like gzip (RFC 1952, section 2.3.1)? */
export function isGzip(path: string): boolean {
  const head = Buffer.alloc(2);
  const fd = openSync(path, 'r');
  try {
    return readSync(fd, head) === 2 && head[0] === 0x1f && head[1] === 0x8b;
  } finally {
    closeSync(fd);
  }
}
