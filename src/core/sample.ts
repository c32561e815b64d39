import { asObject } from './fhir.ts';
import type { Exchange } from './model.ts';

/**
 * Why the stored body of a bulk file is not the whole file, in words; undefined when it is. An exchange keeps the beginning of a file (see
 * `DownloadOptions.keep`) and, where all lines were judged on the way, those that may be wrong.
 */
export function cutShort(file: Exchange): string | undefined {
  if (file.step !== 'bulk.file' || file.response?.status !== 200 || file.facts?.['file.whole'] !== false) return undefined;
  const { 'file.cut': broken, 'file.kept': kept, 'file.bytes': bytes, 'file.unjudged': why } = file.facts;
  if (typeof broken === 'string') return `${file.request.url} broke off after ${String(bytes)} bytes (${broken})`;
  const stored = typeof kept === 'number' ? kept : file.response.body.length;
  const reason = typeof why === 'string' ? `the rest was not judged (${why})` : 'our limit';
  return `the first ${stored} bytes of ${String(bytes)} of ${file.request.url} were looked at: ${reason}; use payer-assay validate MANIFEST for the rest`;
}

/** Every line of the file was judged on the way, whatever is stored of it: by the R4 schema, or by profiles as well. */
export const judgedBy = (file: Exchange): 'schema' | 'profiles' | undefined => {
  const by = file.facts?.['file.judged'];
  return (by === 'schema' || by === 'profiles') && file.facts?.['file.cut'] === undefined ? by : undefined;
};

/** How many lines the row question of a check picked from a file of which all lines were asked; undefined when they were not. */
export function picked(file: Exchange, check: string): number | undefined {
  const count = judgedBy(file) === undefined ? undefined : asObject(file.facts?.['file.asked'])[check];
  return typeof count === 'number' ? count : undefined;
}

/** Why a judge that found nothing in what is stored of a file cannot be sure of the rest, in words; undefined when it can. */
export function unsure(file: Exchange, check: string): string | undefined {
  const cut = cutShort(file);
  if (cut === undefined) return unread(file);
  const count = picked(file, check);
  if (count === undefined) return cut;
  return count === 0
    ? unread(file)
    : `${count} lines of ${file.request.url} may violate it, and what is stored does not decide; use payer-assay validate MANIFEST`;
}

/** Lines too long to be read, in words; undefined when there is none. */
export function unread(file: Exchange): string | undefined {
  const lines = file.facts?.['file.unread'];
  return typeof lines === 'number' && lines > 0
    ? `${lines === 1 ? 'a line' : `${lines} lines`} of ${file.request.url} of more than 64 MiB, or nested deeper than we read, ${lines === 1 ? 'was' : 'were'} passed over: our limit`
    : undefined;
}

/** A JSON parser's complaint without the piece of text that it quotes: that may be somebody's name. */
export const unquoted = (message: string): string => message.replace(/,? ?(\.\.\.)?"[\s\S]*"(\.\.\.)? is not valid JSON$/, '');
