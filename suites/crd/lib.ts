import { randomUUID } from 'node:crypto';
import { type Callback, type Ehr, startEhr } from '../../src/client/crd/ehr.ts';
import { type Labels, type Provider, type Reply, Stop } from '../../src/client/provider.ts';
import { type Hook, type HookCall, hookCall } from '../../src/client/requests/crd/hooks.ts';
import { type CdsService, servicesBeside, servicesOf } from '../../src/client/requests/crd/prefetch.ts';
import { holdings, payerOf, type Scene, type SceneOptions, sceneFor } from '../../src/client/requests/crd/scene.ts';
import { hasCard, noCard } from '../../src/client/requests/match.ts';
import { asString } from '../../src/core/fhir.ts';
import type { MemberRole, Probe, TargetMember } from '../../src/core/model.ts';

/** `service`: another than the first of the hook. */
type CallOptions = Partial<HookCall> & { readonly headers?: Readonly<Record<string, string>>; readonly service?: CdsService };

/** What a CRD suite works with: the service, our EHR, and the member's record. */
export interface Desk {
  readonly base: string;
  readonly ehr: Ehr;
  /** Service id for a hook, when it is offered. */
  serviceFor(hook: string): string | undefined;
  /** Further services for a hook. */
  beside(hook: string): readonly CdsService[];
  scene(options?: SceneOptions, member?: TargetMember): Scene;
  /** One call, recorded; honest unless labelled otherwise. The scene is what our EHR then holds. */
  call(hook: Hook, options?: CallOptions, labels?: Labels): Promise<Reply>;
  /** One wrong call, with our EHR open to it as it is to an honest one. */
  probe(probe: Probe, options: SceneOptions): Promise<void>;
}

/** Opens our EHR for the length of one suite and records every call that the service made back to it. */
export async function withDesk(provider: Provider, work: (desk: Desk) => Promise<void>): Promise<void> {
  const { known, target } = provider;
  const base = asString(known.notes['crd.base']);
  const member = target.members.known;
  if (base === undefined) throw new Stop('no CRD service is known', 'payer');
  if (!member) throw new Stop('the target file names no known member, so no order can be made up', 'target-file');
  if (!hasCard(member)) throw new Stop(noCard('known'), 'target-file');
  if (payerOf(target) === undefined)
    throw new Stop(
      'add crd.payer to the target file, how Coverage.payor names this payer: an order whose coverage names a made-up payer would rightly be refused',
      'target-file',
    );
  const ehr = await startEhr(target.crd?.ehr);
  const noted = new Set<Callback>();
  /** Calls with the token of one hook call follow that one; those with none, or another, whichever came last. */
  const noteCallbacks = (follows: number, token: string): void => {
    for (const call of ehr.calls) {
      if (noted.has(call) || (call.authorised && call.token !== token)) continue;
      noted.add(call);
      const { request, response, startedAt, ms, authorised } = call;
      const size = { sent: 0, received: response.body.length, decoded: response.body.length };
      provider.observe(
        'ehr.callback',
        request,
        { response, startedAt, timing: { total: ms }, size, facts: { 'ehr.authorised': authorised } },
        { follows },
      );
    }
  };
  const discovered = { services: known.notes['crd.services'] ?? [] };
  const services = servicesOf(discovered);
  const serviceFor = (hook: string): string | undefined => services[hook]?.id;
  const desk: Desk = {
    base,
    ehr,
    serviceFor,
    beside: (hook) => servicesBeside(discovered, hook),
    scene: (options = {}, who = member) => sceneFor(target, who, { day: new Date().toISOString().slice(0, 10), ...options }),
    async call(hook, { headers, service = services[hook], ...options } = {}, labels = {}) {
      if (service === undefined) throw new Stop(`the service offers no ${hook} hook`, 'payer');
      const scene = options.scene ?? desk.scene();
      const { end, ...access } = ehr.grant(holdings(scene));
      const { id, templates } = service;
      const spec = hookCall(base, id, { hook, scene, instance: randomUUID(), ehr: access, templates, ...options }, {}, headers);
      try {
        const reply = await provider.ask('cds.hook', spec, { variant: hook, ...labels });
        noteCallbacks(reply.exchange.index, access.token);
        return reply;
      } finally {
        end();
      }
    },
    async probe(probe, options) {
      const { end, ...access } = ehr.grant(holdings(sceneFor(target, member, options)));
      known.notes['crd.ehr'] = access;
      try {
        const [reply] = await provider.askProbes([probe]);
        if (reply) noteCallbacks(reply.exchange.index, access.token);
      } finally {
        end();
        delete known.notes['crd.ehr'];
      }
    },
  };
  try {
    await work(desk);
  } finally {
    await ehr.close();
  }
}

/** A person of the target file, or a reason to leave the step out. */
export const personOf = (provider: Provider, role: MemberRole): TargetMember | undefined => provider.target.members[role];
