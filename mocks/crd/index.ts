import type { MockArea } from '../kernel/area.ts';
import type { Handler } from '../kernel/payer.ts';
import { discovery } from './discovery.ts';
import { feedback } from './feedback.ts';
import { endedMember, payerIdentifier, payerName } from './members.ts';
import { crdBehaviours, crdRules } from './rules.ts';
import { hook } from './service.ts';
import { policyOrders } from './table.ts';

const page =
  (title: string): Handler =>
  () => ({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: `<!doctype html><title>${title}</title><p>${title}</p>` });

export const crd = {
  routes: [
    { step: 'cds.discovery', method: 'GET', path: '/cds/cds-services', handle: discovery },
    { step: 'cds.feedback', method: 'POST', path: '/cds/cds-services/:id/feedback', handle: feedback },
    { step: 'cds.hook', method: 'POST', path: '/cds/cds-services/:id', handle: hook },
    { step: 'app-link', method: 'GET', path: '/cds/launch', handle: page('Questionnaire') },
    { step: 'app-link', method: 'GET', path: '/cds/guides/:id', handle: page('Imaging guideline') },
  ],
  rules: crdRules,
  behaviours: crdBehaviours,
  target: ({ origin, data }) => ({
    cds: { base: `${origin}/cds` },
    crd: {
      payer: { ...payerIdentifier, name: payerName },
      insurerNames: [payerName],
      orders: policyOrders,
      terminated: endedMember(data),
      samples: 100,
      vendorNames: ['Benefits Manager Inc.'],
      portalHosts: ['portal.assay.example'],
    },
  }),
} satisfies MockArea;

type CrdRules = typeof crdRules;
declare module '../kernel/payer.ts' {
  interface Rules extends CrdRules {}
}
