import { Parser } from 'tar';

/** A package that cannot be read. The message names the file and what to do. */
export class PackageError extends Error {}

export interface ArchiveFile {
  readonly name: string;
  readonly data: Buffer;
}

/** The largest package of the field unpacks to a fifth of it. What is more is read by nobody here, and would fill the memory. */
const mostBytes = 1 << 30;
/** So much is unpacked at once: a small archive of zeros ends at the limit, and not in memory. */
const step = 1 << 20;

/**
 * Regular files of a gzipped tar archive, in order; `wanted` chooses by name, and what it leaves out is never kept. Names come as the archive has them:
 * who writes files must look where they lead.
 * @throws PackageError when the bytes are no such archive, are damaged or cut short, or unpack to more than 1 GB.
 */
export function readTgz(bytes: Buffer, what: string, wanted: (name: string) => boolean = () => true): readonly ArchiveFile[] {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) throw new PackageError(`${what} is not a gzipped archive. Fetch it again.`);
  const files: ArchiveFile[] = [];
  const trouble: Error[] = [];
  let unpacked = 0;
  // Called for every entry and for every piece of it before the next step, so that nothing here waits.
  const parser = new Parser({
    strict: true,
    onReadEntry(entry) {
      const keep = (entry.type === 'File' || entry.type === 'OldFile') && wanted(entry.path);
      const parts: Buffer[] = [];
      entry.on('data', (part) => {
        unpacked += part.length;
        if (keep && unpacked <= mostBytes) parts.push(part);
      });
      entry.on('end', () => {
        if (keep) files.push({ name: entry.path, data: Buffer.concat(parts) });
      });
    },
  });
  parser.on('error', (cause) => trouble.push(cause as Error));
  for (let at = 0; at < bytes.length && trouble.length === 0 && unpacked <= mostBytes; at += step) parser.write(bytes.subarray(at, at + step));
  if (unpacked > mostBytes) throw new PackageError(`${what} unpacks to more than ${mostBytes >> 20} MB, which is our limit. Is it a FHIR package?`);
  parser.end();
  const [first] = trouble;
  if (first) throw new PackageError(`${what} is damaged or cut short (${first.message}). Fetch it again.`);
  return files;
}
