import { launchPage } from '../app/pages.ts';
import type { MockArea } from '../kernel/area.ts';
import type { Handler } from '../kernel/payer.ts';
import { discovery } from './discovery.ts';
import { feedback } from './feedback.ts';
import { endedMember, identityOf } from './members.ts';
import { crdBehaviours, crdRules } from './rules.ts';
import { hook } from './service.ts';
import { policyOrders } from './table.ts';

const page =
  (title: string): Handler =>
  () => ({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: `<!doctype html><title>${title}</title><p>${title}</p>` });

/** Browsers call services, too. Source: https://cds-hooks.hl7.org/2.0/#cors */
const shared =
  (handle: Handler): Handler =>
  async (request, payer) => {
    const reply = await handle(request, payer);
    return { ...reply, headers: { ...reply.headers, 'access-control-allow-origin': '*', 'access-control-expose-headers': 'X-Request-Id' } };
  };
const preflight: Handler = () => ({
  status: 204,
  headers: {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, POST, OPTIONS',
    'access-control-allow-headers': 'Accept, Authorization, Content-Type',
    'access-control-max-age': '600',
  },
  body: '',
});

export const crd = {
  routes: [
    { step: 'preflight', method: 'OPTIONS', path: '/cds/*', handle: preflight },
    { step: 'cds.discovery', method: 'GET', path: '/cds/cds-services', handle: shared(discovery) },
    { step: 'cds.feedback', method: 'POST', path: '/cds/cds-services/:id/feedback', handle: shared(feedback) },
    { step: 'cds.hook', method: 'POST', path: '/cds/cds-services/:id', handle: shared(hook) },
    { step: 'app-link', method: 'GET', path: '/cds/launch', handle: launchPage },
    { step: 'app-link', method: 'GET', path: '/cds/guides/:id', handle: page('Imaging guideline') },
  ],
  rules: crdRules,
  behaviours: crdBehaviours,
  target: ({ origin, data }) => ({
    cds: { base: `${origin}/cds` },
    crd: {
      payer: identityOf(data),
      insurerNames: [identityOf(data).name],
      orders: policyOrders,
      terminated: endedMember(data),
      samples: 40,
      vendorNames: ['Benefits Manager Inc.'],
      portalHosts: ['portal.assay.example'],
    },
  }),
} satisfies MockArea;

type CrdRules = typeof crdRules;
declare module '../kernel/payer.ts' {
  interface Rules extends CrdRules {}
}
