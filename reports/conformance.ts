import type { Run } from '../src/core/model.ts';
import { fill, inert, script } from './page.ts';
import { conformanceView } from './view/conformance.ts';

/** conformance.html: one self-contained file, no request leaves it. Throws only on a bug of payer-assay. */
export function renderConformance(run: Run): string {
  const view = conformanceView(run);
  return fill('conformance', { ...view, data: inert(view.exchanges) }, script('conformance'));
}
