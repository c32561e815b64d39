import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder that holds our package.json: the clone, or the installed package. */
export const root: string = find(dirname(fileURLToPath(import.meta.url)));

/** How a run names its maker. */
export const tool = { name: 'payer-assay', version: versionOf(root), node: process.version } as const;

function find(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error('There is no package.json above our own code. The installation is damaged: install payer-assay again.');
  return find(above);
}

function versionOf(folder: string): string {
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
}
