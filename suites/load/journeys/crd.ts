import { type Hook, hookCall } from '../../../src/client/requests/crd/hooks.ts';
import { sceneFor } from '../../../src/client/requests/crd/scene.ts';
import { guides } from '../../../src/core/guides.ts';
import type { TargetMember } from '../../../src/core/model.ts';
import type { Offer } from '../../../src/load/journeys.ts';
import type { Ask, Ground, Interactive } from '../lib/journey.ts';

/** CRD versions are written as two numbers, e.g. 2.2. */
function versionTold({ target }: Ground): { readonly version?: string } {
  const said = target.guides?.[guides.crd.id];
  const version = typeof said === 'string' ? /^\d+\.\d+/.exec(said)?.[0] : undefined;
  return version === undefined ? {} : { version };
}

/** One hook with everything prefetched. The patient has an id of its own in each call, so that an answer about another call shows. */
function* call(ground: Ground, hook: Hook & Offer, member: TargetMember, nth: number): Generator<Ask, void, unknown> {
  const service = ground.cds?.services[hook];
  if (!ground.cds || service === undefined || !ground.offers(hook)) return;
  const patient = `ehr-patient-${nth}`;
  const spec = hookCall(ground.cds.base, service.id, {
    templates: service.templates,
    hook,
    scene: sceneFor(ground.target, member),
    instance: ground.uuid(),
    ...versionTold(ground),
  });
  const body = spec.body?.replaceAll('ehr-patient', patient);
  yield { step: 'cds.hook', spec: { ...spec, ...(body === undefined ? {} : { body }) }, offer: hook, about: patient, member: 'known', variant: hook };
}

/** S2, an order: chosen, then signed. */
export const s2: Interactive = {
  name: 's2',
  *run(ground, member, nth) {
    yield* call(ground, 'order-select', member, nth);
    yield* call(ground, 'order-sign', member, nth);
  },
};

/** A clinician who picks one order after another: each choice asks again. */
export const typing: Interactive = {
  name: 'typing',
  *run(ground, member, nth) {
    for (let choice = 0; choice < 4; choice++) yield* call(ground, 'order-select', member, nth * 4 + choice);
  },
};
