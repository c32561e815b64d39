import type { Run } from '../src/core/model.ts';
import { renderJunit } from './junit.ts';
import { fill, inert, script } from './page.ts';
import { renderSarif } from './sarif.ts';
import { conformanceView } from './view/conformance.ts';
import { latencyView } from './view/latency.ts';

export { renderTerminal } from './terminal.ts';
export { renderJunit, renderSarif };

/** conformance.html: one self-contained file, no request leaves it. Throws only on a bug of payer-assay. */
export function renderConformance(run: Run): string {
  const view = conformanceView(run);
  return fill('conformance', { ...view, data: inert(view.exchanges) }, script('conformance'));
}

/**
 * latency.html: one self-contained file, pictures drawn beforehand as SVG. Uses `run.latency`, or the run's own exchanges when it has none.
 * `baseline`: an earlier run to compare with.
 */
export function renderLatency(run: Run, baseline?: Run): string {
  return fill('latency', latencyView(run, baseline));
}
