/** Reports: pure functions of a stored run, as text or as plain data for templates of your own. */

export { renderConformance, renderJunit, renderLatency, renderSarif, renderTerminal } from '../../reports/render.ts';
export { conformanceView } from '../../reports/view/conformance.ts';
export { latencyView } from '../../reports/view/latency.ts';
