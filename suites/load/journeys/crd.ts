import { type Hook, hookCall } from '../../../src/client/requests/crd/hooks.ts';
import { sceneFor } from '../../../src/client/requests/crd/scene.ts';
import type { Exchange, TargetMember } from '../../../src/core/model.ts';
import type { Ask, Ground, Journey } from '../lib/journey.ts';

/** One hook with everything prefetched. The patient has an id of its own in each call, so that an answer about another call shows. */
function* call(ground: Ground, hook: Hook, member: TargetMember, nth: number): Generator<Ask, void, Exchange> {
  const service = ground.cds?.services[hook];
  if (!ground.cds || service === undefined) return;
  const patient = `ehr-patient-${nth}`;
  const spec = hookCall(ground.cds.base, service, {
    hook,
    scene: sceneFor(ground.target, member),
    instance: ground.uuid(),
    ...(ground.target.crd?.version === undefined ? {} : { version: ground.target.crd.version }),
  });
  const body = spec.body?.replaceAll('ehr-patient', patient);
  yield { step: 'cds.hook', spec: { ...spec, ...(body === undefined ? {} : { body }) }, about: patient, member: 'known', variant: hook };
}

/** S2, an order: chosen, then signed. */
export const s2: Journey = {
  name: 's2',
  *run(ground, member, nth) {
    yield* call(ground, 'order-select', member, nth);
    yield* call(ground, 'order-sign', member, nth);
  },
};

/** A clinician who picks one order after another: each choice asks again. */
export const typing: Journey = {
  name: 'typing',
  *run(ground, member, nth) {
    for (let choice = 0; choice < 4; choice++) yield* call(ground, 'order-select', member, nth * 4 + choice);
  },
};
