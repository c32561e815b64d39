import { type Hook, hookCall } from '../../../src/client/requests/crd/hooks.ts';
import { sceneFor } from '../../../src/client/requests/crd/scene.ts';
import type { TargetMember } from '../../../src/core/model.ts';
import type { Offer } from '../../../src/load/journeys.ts';
import type { Ask, Ground, Interactive } from '../lib/journey.ts';

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
    ...(ground.target.crd?.version === undefined ? {} : { version: ground.target.crd.version }),
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
