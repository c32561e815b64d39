import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { makeFolder } from '../../disk/folder.ts';
import { root } from '../../package/tool.ts';

/** The standard FHIR package cache: `--cache`, else PAYER_ASSAY_PACKAGES, else ~/.fhir/packages. */
export function packageFolder(chosen?: string): string {
  return resolve(chosen ?? process.env['PAYER_ASSAY_PACKAGES'] ?? join(homedir(), '.fhir', 'packages'));
}

/** Our own derived files (packs, compiled shapes, the engine's private home): PAYER_ASSAY_CACHE, else .cache of a checkout, else the user's cache folder. */
export function workFolder(...parts: readonly string[]): string {
  const own = process.env['PAYER_ASSAY_CACHE'];
  const inCheckout = !root.split(/[\\/]/).includes('node_modules') && existsSync(join(root, 'src'));
  const base = own ?? (inCheckout ? join(root, '.cache') : join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'payer-assay'));
  const folder = resolve(base, ...parts);
  makeFolder(folder);
  return folder;
}
