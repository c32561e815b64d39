import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Run } from '../../src/core/model.ts';
import { makeFolder } from '../../src/disk/folder.ts';
import { writeRun } from '../../src/run/store.ts';
import { sampleRun } from '../reports/sample.ts';

/** A folder of runs that were made by hand. */
export function folderOfRuns() {
  const out = mkdtempSync(join(tmpdir(), 'payer-assay-desk-'));
  return {
    out,
    /** A finished run that began so many days before 2026-11-24. */
    run(name: string, daysAgo = 0, change: Partial<Run> = {}): string {
      const began = Date.parse('2026-11-24T05:00:00.000Z') - daysAgo * 86_400_000;
      const folder = join(out, name);
      writeRun(folder, sampleRun({ startedAt: new Date(began).toISOString(), finishedAt: new Date(began + 38_000).toISOString(), ...change }));
      return folder;
    },
    put(name: string, file: string, text = ''): string {
      makeFolder(join(out, name));
      writeFileSync(join(out, name, file), text);
      return join(out, name);
    },
  };
}
