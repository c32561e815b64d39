import type { Run } from '../src/core/model.ts';
import { fill } from './page.ts';
import { latencyView } from './view/latency.ts';

export { renderConformance } from './conformance.ts';
export { renderJunit } from './junit.ts';
export { renderSarif } from './sarif.ts';
export { renderTerminal } from './terminal.ts';

/**
 * latency.html: one self-contained file, pictures drawn beforehand as SVG. Uses `run.latency`, or the run's own exchanges when it has none.
 * `baseline`: an earlier run to compare with.
 */
export function renderLatency(run: Run, baseline?: Run): string {
  return fill('latency', latencyView(run, baseline));
}
