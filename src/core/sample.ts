import type { Exchange } from './model.ts';

/**
 * Why the stored body of a bulk file is not the whole file, in words; undefined when it is. An exchange keeps the beginning of a file only
 * (see `DownloadOptions.keep`), and what is true of the beginning need not be true of the rest.
 */
export function cutShort(file: Exchange): string | undefined {
  if (file.step !== 'bulk.file' || file.response?.status !== 200 || file.facts?.['file.whole'] !== false) return undefined;
  const { 'file.cut': broken, 'file.kept': kept, 'file.bytes': bytes } = file.facts;
  if (typeof broken === 'string') return `${file.request.url} broke off after ${String(bytes)} bytes (${broken})`;
  return `the first ${typeof kept === 'number' ? kept : file.response.body.length} bytes of ${String(bytes)} of ${file.request.url} were looked at: a limit of ours; use payer-assay validate MANIFEST for the rest`;
}
