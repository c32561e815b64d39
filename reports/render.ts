import type { Run } from '../src/core/model.ts';
import { fill, inert, script } from './page.ts';
import { conformanceView } from './view/conformance.ts';
import { latencyView } from './view/latency.ts';

export { renderJunit } from './junit.ts';
export { renderSarif } from './sarif.ts';
export { renderTerminal } from './terminal.ts';

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
