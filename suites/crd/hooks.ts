import { Skip, Stop } from '../../src/client/provider.ts';
import { cdsDiscovery, feedback, type Hook, hooks } from '../../src/client/requests/crd/hooks.ts';
import { asArray, asString, at } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';
import { ordering } from '../../src/core/steps.ts';
import type { Suite } from '../../src/run/suite.ts';
import { noteLink, visitLink } from '../apps/links.ts';
import { asked } from '../asks.ts';
import { both, hasCds, knowsMember, when } from '../forecast.ts';
import { theBase, theCdsBase } from '../lessons.ts';
import { onPlainHttp } from '../trust/tls.ts';
import { withDesk } from './lib.ts';

/** Where the CRD service is, and which hooks it offers. */
export const crdDiscovery: Suite = {
  id: 'crd.discovery',
  title: 'Find the CRD service and read its hooks',
  scenarios: ordering,
  // A service stands for itself: where the target file names it, nobody needs a FHIR base of the payer.
  after: [theBase, theCdsBase],
  asks: [asked('cds.discovery'), asked('plain-http', 'cds')],
  requests: when(hasCds, 2),
  async drive(provider) {
    const { known, target } = provider;
    const base = target.cds?.base ?? known.notes['crd.address'];
    if (base === undefined)
      throw new Skip('neither the target file (cds.base) nor the davinci-configuration file names a CRD endpoint', 'target-file');
    const reply = await provider.ask('cds.discovery', cdsDiscovery(base));
    known.notes['crd.base'] = base;
    known.notes['crd.services'] = asArray(at(reply.json, 'services')) as Json;
    const services = `${base.replace(/\/+$/, '')}/cds-services`;
    // Loopback test servers on http are asked as they are.
    const open = services.startsWith('https:') ? onPlainHttp(services, target) : services;
    await provider.ask(
      'plain-http',
      { method: 'GET', url: open, headers: { accept: 'application/json' } },
      { variant: 'cds', timeout: 3000, once: true },
    );
  },
};

/** Every offered hook once, with all that it needs. */
export const crdHooks: Suite = {
  id: 'crd.hooks',
  title: 'Call every hook as an EHR would',
  scenarios: ordering,
  needs: ['crd.discovery'],
  asks: [asked('cds.hook', ...hooks, ...hooks.map((hook) => `${hook}:beside` as const)), asked('ehr.callback'), asked('cds.feedback')],
  requests: when(both(hasCds, knowsMember), 7),
  drive: (provider) =>
    withDesk(provider, async (desk) => {
      const offered = hooks.filter((hook) => desk.serviceFor(hook) !== undefined);
      if (offered.length === 0) throw new Stop('the service offers none of the CRD hooks', 'payer');
      let card: string | undefined;
      for (const hook of offered) {
        const reply = await desk.call(hook);
        card ??= asString(at(reply.json, 'cards', 0, 'uuid'));
        for (const service of desk.beside(hook)) await desk.call(hook, { service }, { variant: `${hook}:beside` });
      }
      const sign = desk.serviceFor('order-sign');
      if (sign !== undefined) {
        await provider.ask('cds.feedback', feedback(desk.base, sign, card ?? '00000000-0000-4000-8000-000000000000', new Date().toISOString()));
      }
    }),
};

/** Honest variants of order-sign: what must change the answer, and what must not. */
export const crdVariants: Suite = {
  id: 'crd.variants',
  title: 'Configuration, versions, gaps and people',
  scenarios: ordering,
  needs: ['crd.discovery'],
  asks: [
    asked(
      'cds.hook',
      ...(
        [
          'plain',
          'repeat',
          'coverage-off',
          'unknown-option',
          'odd-configuration',
          'unknown-context',
          'unknown-root',
          'more',
          'unknown-code',
          'us-core-3.1.1',
          'us-core-6.1.0',
          'us-core-7.0.0',
          'minimal',
          'gap',
          'prefer-async',
          'fetch',
          'refused',
          'unknown-member',
          'ended',
          'two-coverages',
          'parallel',
        ] as const
      ).map((each) => `order-sign:${each}` as const),
    ),
    asked('app-link', 'crd'),
    asked('ehr.callback'),
  ],
  requests: when(both(hasCds, knowsMember), 24),
  drive: (provider) =>
    withDesk(provider, async (desk) => {
      const sign: Hook = 'order-sign';
      if (desk.serviceFor(sign) === undefined) throw new Stop('the service offers no order-sign hook', 'payer');
      const first = await desk.call(sign, {}, { variant: 'order-sign:plain' });
      await launchLink(provider, first.json);
      await repeat(desk, first.json);
      await desk.call(sign, { configuration: { 'coverage-info': false } }, { variant: 'order-sign:coverage-off' });
      await desk.call(sign, { configuration: { 'assay-unknown-option': true } }, { variant: 'order-sign:unknown-option' });
      await desk.call(sign, { configuration: await oddConfiguration(provider, sign) }, { variant: 'order-sign:odd-configuration' });
      await desk.call(
        sign,
        { change: (body) => ({ ...body, context: { ...(body['context'] as object), assayUnknown: 'assay-unknown' } }) },
        { variant: 'order-sign:unknown-context' },
      );
      await desk.call(sign, { change: (body) => ({ ...body, assayUnknownRoot: 'assay-unknown' }) }, { variant: 'order-sign:unknown-root' });
      const more = provider.target.crd?.orders?.slice(2) ?? [];
      if (more.length > 0) await desk.call(sign, { scene: desk.scene({ codes: more }) }, { variant: 'order-sign:more' });
      const stranger = [{ system: 'http://www.ama-assn.org/go/cpt', code: '00000', display: 'No such service' }];
      await desk.call(sign, { scene: desk.scene({ codes: stranger }) }, { variant: 'order-sign:unknown-code' });
      for (const usCore of ['3.1.1', '6.1.0', '7.0.0'] as const)
        await desk.call(sign, { scene: desk.scene({ usCore }) }, { variant: `order-sign:us-core-${usCore}` });
      await desk.call(sign, { scene: desk.scene({ minimal: true }) }, { variant: 'order-sign:minimal' });
      const scene = desk.scene();
      const { address: _address, ...patient } = scene.patient;
      await desk.call(sign, { scene: { ...scene, patient } }, { variant: 'order-sign:gap' });
      await desk.call(sign, { headers: { prefer: 'respond-async' } }, { variant: 'order-sign:prefer-async' });
      await desk.call(sign, { without: ['Coverage'] }, { variant: 'order-sign:fetch' });
      desk.ehr.behave('refuse');
      await desk.call(sign, { without: ['Coverage'] }, { variant: 'order-sign:refused' });
      desk.ehr.behave('serve');
      const { unknown } = provider.target.members;
      if (unknown) await desk.call(sign, { scene: desk.scene({}, unknown) }, { variant: 'order-sign:unknown-member', member: 'unknown' });
      const ended = provider.target.crd?.terminated;
      // To the practice the card still looks good: that it has ended is what the payer is asked to say.
      const old = ended && desk.scene({}, ended);
      if (old) await desk.call(sign, { scene: { ...old, coverage: { ...old.coverage, status: 'active' } } }, { variant: 'order-sign:ended' });
      await severalCoverages(desk);
    }),
};

type Desk = Parameters<Parameters<typeof withDesk>[1]>[0];
type Asking = Parameters<typeof withDesk>[0];

/** Sends back the orders exactly as the service updated them. */
async function repeat(desk: Desk, answer: Json | undefined): Promise<void> {
  const updated = new Map(asArray(at(answer, 'systemActions')).map((action) => [String(at(action, 'resource', 'id')), at(action, 'resource')]));
  const scene = desk.scene();
  const orders = scene.orders.map((order) => (updated.get(String(order['id'])) ?? order) as (typeof scene.orders)[number]);
  if (updated.size > 0) await desk.call('order-sign', { scene: { ...scene, orders } }, { variant: 'order-sign:repeat' });
}

/** Follows the first SMART link of a card once, without launch parameters: is anybody there? */
async function launchLink(provider: Asking, answer: Json | undefined): Promise<void> {
  const links = asArray(at(answer, 'cards')).flatMap((card) => asArray(at(card, 'links')));
  const linked = links.find((link) => at(link, 'type') === 'smart');
  const smart = asString(at(linked, 'url'));
  if (smart !== undefined) noteLink(provider, { url: smart, appContext: asString(at(linked, 'appContext')), scenario: 'S2' });
  if (smart !== undefined) await visitLink(provider, smart, 'crd');
}

/** Every listed boolean off and every integer out of any sensible range. */
async function oddConfiguration(provider: Asking, hook: string): Promise<Json> {
  const service = asArray(provider.known.notes['crd.services']).find((each) => at(each, 'hook') === hook);
  const options = asArray(at(service, 'extension', 'davinci-crd.configuration-options'));
  return Object.fromEntries(options.map((each) => [asString(at(each, 'code')) ?? 'unnamed', at(each, 'type') === 'integer' ? -1 : false]));
}

/** A member with two coverages: both are sent, and both services a client would ask are called at the same time. */
async function severalCoverages(desk: Desk): Promise<void> {
  const scene = desk.scene();
  const second = { ...scene.coverage, id: 'ehr-coverage-2', order: 2 };
  await Promise.all([
    desk.call('order-sign', { scene: { ...scene, others: [second] } }, { variant: 'order-sign:two-coverages' }),
    desk.call('order-sign', { scene: { ...scene, coverage: second } }, { variant: 'order-sign:parallel' }),
  ]);
}
