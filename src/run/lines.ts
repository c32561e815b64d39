import { closeSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

/** Longest line that a file of ours holds: one exchange with the largest body that is kept, escaped. */
const longest = 256 * 2 ** 20;

/** Lines of a file that are not empty, one after another: a file of any size is read in the memory of its longest line. Throws for a longer line than ours. */
export function* linesOf(path: string): Generator<string> {
  const file = openSync(path, 'r');
  const decoder = new StringDecoder('utf8');
  const chunk = Buffer.alloc(2 ** 20);
  let rest = '';
  try {
    for (;;) {
      const read = readSync(file, chunk);
      const text = read === 0 ? decoder.end() : decoder.write(chunk.subarray(0, read));
      const lines = text.split('\n');
      lines[0] = rest + (lines[0] ?? '');
      rest = read === 0 ? '' : (lines.pop() ?? '');
      if (rest.length > longest) throw new Error(`${path} holds a line of more than ${longest} characters. It was not written by payer-assay run.`);
      for (const line of lines) if (line !== '') yield line;
      if (read === 0) return;
    }
  } finally {
    closeSync(file);
  }
}
