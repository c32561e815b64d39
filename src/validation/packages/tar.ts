import { gunzipSync } from 'node:zlib';

/** A package that cannot be read. The message names the file and what to do. */
export class PackageError extends Error {}

export interface TarFile {
  readonly name: string;
  readonly data: Buffer;
}

const mostBytes = 1 << 30;

/**
 * Regular files of a gzipped tar archive, in order. Understands ustar prefixes, GNU long names and pax paths: all that npm-style packages use.
 * @throws PackageError when the bytes are no such archive, or unpack to more than 1 GB.
 */
export function* readTgz(bytes: Buffer, what: string): Generator<TarFile> {
  let tar: Buffer;
  try {
    tar = gunzipSync(bytes, { maxOutputLength: mostBytes });
  } catch (cause) {
    throw new PackageError(`${what} is not a gzipped archive (${messageOf(cause)}). Fetch it again.`);
  }
  let longName: string | undefined;
  for (let at = 0; at + 512 <= tar.length; ) {
    const header = tar.subarray(at, at + 512);
    if (header[0] === 0) break;
    if (checksum(header) !== octal(header, 148, 8))
      throw new PackageError(`${what} is damaged at byte ${at}: a header's checksum is wrong. Fetch it again.`);
    const size = octal(header, 124, 12);
    const data = tar.subarray(at + 512, at + 512 + size);
    if (data.length < size) throw new PackageError(`${what} is cut short at byte ${tar.length}. Fetch it again.`);
    const type = String.fromCharCode(header[156] ?? 0);
    if (type === 'L') longName = data.toString('utf8').replace(/\0+$/, '');
    else if (type === 'x') longName = /^\d+ path=(.*)$/m.exec(data.toString('utf8'))?.[1] ?? longName;
    else if (type !== 'g') {
      const prefix = text(header, 345, 155);
      const name = longName ?? (prefix === '' ? text(header, 0, 100) : `${prefix}/${text(header, 0, 100)}`);
      longName = undefined;
      if (type === '0' || type === '\0') yield { name, data };
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

const text = (header: Buffer, at: number, length: number): string => {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end);
};

const octal = (header: Buffer, at: number, length: number): number => Number.parseInt(text(header, at, length).trim() || '0', 8);

/** The sum of all bytes, with the checksum field itself read as blanks. */
function checksum(header: Buffer): number {
  let sum = 0;
  for (let i = 0; i < 512; i++) sum += i >= 148 && i < 156 ? 32 : (header[i] ?? 0);
  return sum;
}

export const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
