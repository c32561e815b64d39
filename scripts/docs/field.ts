import { readFileSync } from 'node:fs';
import { cell } from './cell.ts';

/**
 * What came of each finding of the field (foreign servers, clients, suites and files): how it is proven today, and the verdict now. The data is
 * scripts/docs/field.tsv, one line a proof: number, kind, name, verdict.
 */
export interface FieldProof {
  /** Number of the finding, e.g. `K3.2`; R: reports, words and first use; F: seen at foreign servers after kinds.md was written. */
  readonly id: string;
  /** `unproven` = fixed in the code, no proof of its own yet; `open` = not fixed. The verdict says what is missing. */
  readonly kind: 'test' | 'fault' | 'variation' | 'shape' | 'unproven' | 'open';
  /** Title or file of a test, id of a fault, variation or shape. */
  readonly name: string;
  readonly verdict: string;
}

const kinds: readonly string[] = ['test', 'fault', 'variation', 'shape', 'unproven', 'open'] satisfies readonly FieldProof['kind'][];

const isKind = (text: string): text is FieldProof['kind'] => kinds.includes(text);

/** Throws with the line that is not a number, a kind, a name and a verdict, separated by tabs. */
export function fieldProofs(): readonly FieldProof[] {
  const text = readFileSync(new URL('field.tsv', import.meta.url), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line, index) => {
      const [id = '', kind = '', name = '', verdict = ''] = line.split('\t');
      if (!/^[KPHVWXFR]\d+(\.\d+)?$/.test(id) || !isKind(kind) || verdict === '')
        throw new Error(`scripts/docs/field.tsv, line ${index + 1}: expected number, kind, name and verdict separated by tabs, found: ${line}`);
      return { id, kind, name, verdict };
    });
}

const order = ({ id }: FieldProof): number => {
  const [major = 0, minor = 0] = id.slice(1).split('.').map(Number);
  return 'KPHVWXFR'.indexOf(id[0] ?? '') * 1e6 + major * 1e3 + minor;
};

/** docs/field.md: one row a finding. */
export function fieldPage(): string {
  const rows = [...fieldProofs()].sort((a, b) => order(a) - order(b));
  const count = (kind: FieldProof['kind']): number => rows.filter((row) => row.kind === kind).length;
  return [
    '# What the field showed, and the verdict now',
    '',
    'Written by `npm run docs` from scripts/docs/field.tsv; do not edit.',
    'The tool was run against servers, clients and files that were not written for it. Each finding is a test, a fault (exactly the right row fails), a legal',
    `variation (no row may fail) or a shape (another legal payer). ${rows.length} rows: ${count('unproven')} are fixed without a proof of their own, ${count('open')} are open.`,
    '',
    '| finding | proof | verdict now |',
    '|---|---|---|',
    ...rows.map(({ id, kind, name, verdict }) => `| ${id} | ${kind}${name === '' ? '' : `: ${cell(name)}`} | ${cell(verdict)} |`),
    '',
  ].join('\n');
}
