import { makeFolder } from '../../disk/folder.ts';

/** What a suite needs of a browser, in one place to import from. */
export type { Browser } from '@playwright/test';
export { borrowBrowser } from './browser.ts';
export { visit } from './visit.ts';

/** Makes the folder for pictures; undefined stays undefined. */
export function pictureFolder(path: string | undefined): string | undefined {
  if (path !== undefined) makeFolder(path, 0o700);
  return path;
}
