import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runsIn } from '../../src/desk/runs.ts';
import { type Desk, type ServeOptions, serveDesk } from '../../src/desk/serve.ts';
import { stopRun } from '../../src/desk/start.ts';

/** The page on a free port, over fresh folders; whatever it started is stopped with it. */
export async function openDesk(change: Partial<ServeOptions> = {}): Promise<Desk & { readonly out: string; readonly targets: string }> {
  const fresh = () => mkdtempSync(join(tmpdir(), 'payer-assay-desk-'));
  const { out = fresh(), targets = fresh() } = change;
  const desk = await serveDesk({ port: 0, readOnly: false, command: [process.execPath, 'bin/payer-assay.js'], ...change, out, targets });
  return {
    ...{ out, targets, origin: desk.origin },
    async close() {
      for (const run of runsIn(out)) if (run.state === 'running') stopRun(run);
      await desk.close();
    },
  };
}

/** The token that stands in the forms of the start page. */
export const tokenOf = (page: string): string => /name="token" value="([^"]+)"/.exec(page)?.[1] ?? '';

/** Waits until this holds; the limit is for a defect, not for a slow machine. */
export async function until<T>(what: string, look: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  for (const end = Date.now() + 240_000; Date.now() < end; ) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`It never came: ${what}`);
}
