import type { Handler, Route } from '../kernel/payer.ts';
import { bulkMemory } from './jobs.ts';

/** Switches that the operator of this payer offers to a tester (see `bulk.controls` in the target file): POST does it, DELETE undoes it. */
const flip: Handler = (request, payer) => {
  const { changed, removed, optedOut } = bulkMemory(payer);
  const { patient, reference } = (request.body === '' ? {} : JSON.parse(request.body)) as { readonly patient?: string; readonly reference?: string };
  const on = request.method === 'POST';
  const now = new Date().toISOString();
  const name = request.params['switch'];
  if (name === 'opt-out') {
    const id = (patient ?? '').replace('Patient/', '');
    if (on) optedOut.add(id);
    else optedOut.clear();
  } else if (on) (name === 'remove' ? removed : changed).set(reference ?? '', now);
  else (name === 'remove' ? removed : changed).clear();
  return { status: 204, headers: {}, body: '' };
};

export const operatorRoutes: readonly Route[] = ['POST', 'DELETE'].map((method) => ({
  step: 'operation',
  method,
  path: '/operator/:switch',
  handle: flip,
}));
