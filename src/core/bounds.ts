import { shapeLimits } from './shape.ts';

/** What a payer may cost us in one run, at most. Every figure can be set in the target file (`limits`) or by `--limit NAME=VALUE`. */
export interface Bounds {
  /** MB of answers and requests that a run keeps as evidence: it bounds memory and run.json alike. */
  readonly evidenceMB: number;
  /** Files of one manifest that are looked at. */
  readonly files: number;
  /** Further pages of answers that a run reads in all; default: half as many as it makes requests otherwise. */
  readonly pages?: number;
  /** MB of one downloaded file, and minutes that it may take, all tries together. */
  readonly downloadMB: number;
  readonly downloadMinutes: number;
  /** Minutes of one conversation; then the next one begins. */
  readonly suiteMinutes: number;
  /** Minutes of the whole run; then it is judged and stored with what was learned, as incomplete. */
  readonly runMinutes: number;
}

export const defaultBounds: Bounds = { evidenceMB: 64, files: 1000, downloadMB: 8192, downloadMinutes: 60, suiteMinutes: 120, runMinutes: 240 };

/** A run.json beyond this size could not be read again. */
export const mostEvidenceMB = 200;

export function boundsOf({ limits = {} }: { readonly limits?: Partial<Bounds> }): Bounds {
  const wanted = { ...defaultBounds, ...limits };
  return { ...wanted, evidenceMB: Math.min(wanted.evidenceMB, mostEvidenceMB) };
}

/** The bounds as lines for people, those that cannot be set among them. */
export const boundsInWords = (target: { readonly limits?: Partial<Bounds> }): readonly string[] => {
  const { evidenceMB, files, pages, downloadMB, downloadMinutes, suiteMinutes, runMinutes } = boundsOf(target);
  return [
    `evidence: ${evidenceMB} MB (evidenceMB); what comes beyond is cut by worth, and said`,
    `one answer: 32 MB, ${shapeLimits.depth} levels, ${shapeLimits.width} entries in a list, ${shapeLimits.values} values, 60 s`,
    `further pages of answers: ${pages ?? 'half as many as other requests'} (pages), dealt out among the questions`,
    `one manifest: ${files} files (files); one file: ${downloadMB} MB (downloadMB), ${downloadMinutes} min (downloadMinutes)`,
    `one conversation: ${suiteMinutes} min (suiteMinutes); the run: ${runMinutes} min (runMinutes)`,
  ];
};
