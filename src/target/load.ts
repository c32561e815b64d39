import { readFileSync } from 'node:fs';
import type { Target } from '../core/model.ts';

/** Reads a target file. Throws with file, place and fix. */
export function loadTarget(path: string): Target {
  return JSON.parse(readFileSync(path, 'utf8')) as Target;
}
