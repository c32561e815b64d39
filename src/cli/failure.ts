/** Exit codes of every command (docs/architecture.md, "Verdicts and grade"). */
export const exit = { conformant: 0, nonConformant: 1, incomplete: 2, trouble: 3 } as const;

const disk: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full. Free some space, or write elsewhere with --out',
  EDQUOT: 'your disk quota is used up. Free some space, or write elsewhere with --out',
  EROFS: 'the file system is read-only. Write elsewhere with --out',
  EACCES: 'you may not write there. Correct the permissions, or write elsewhere with --out',
  EPERM: 'you may not write there. Correct the permissions, or write elsewhere with --out',
  ENOTDIR: 'a part of that path is a file, not a folder. Choose another folder with --out',
  EEXIST: 'a file of that name is in the way. Choose another folder with --out',
  EISDIR: 'that is a folder; a file was expected',
  ENOENT: 'it does not exist. Check the path',
  ELOOP: 'it is a link that leads back to itself. Correct the link',
  ENAMETOOLONG: 'the name is longer than this file system allows. Choose a shorter one',
  EFBIG: 'the file would be larger than you may make one (ulimit -f). Raise the limit, or write elsewhere with --out',
  EIO: 'the disk failed while it was read or written. Look into the log of the system',
  EMFILE: 'too many files are open. Raise the limit (ulimit -n) and run again',
  EADDRINUSE: 'that port is taken. Choose another with --port, or leave --port out for a free one',
};

/** A thrown thing in words for the person at the terminal. Our own errors speak for themselves; a bug in payer-assay keeps its stack. */
export function explainFailure(cause: unknown): string {
  if (!(cause instanceof Error)) return `payer-assay stopped: ${String(cause)}`;
  const { code, path, syscall } = cause as NodeJS.ErrnoException;
  // What is to be made is not there yet: something above it blocks the way.
  if (code === 'ENOENT' && syscall === 'mkdir')
    return `payer-assay stopped: ${path}: it cannot be made. Is the file system read-only, or a part of the path gone? Write elsewhere with --out (${code}).`;
  const advice = code === undefined ? undefined : disk[code];
  if (advice !== undefined) return `payer-assay stopped: ${path ?? cause.message}: ${advice} (${code}).`;
  if (cause.constructor === Error && code === undefined) return `payer-assay stopped: ${cause.message}`;
  return `payer-assay stopped on a defect of its own. Please report it with these lines:\n${cause.stack ?? cause.message}`;
}
