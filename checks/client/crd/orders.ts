import type { ClientRow } from '../../../src/core/client-row.ts';
import { asArray, asString, at, type JsonObject, jsonOf } from '../../../src/core/fhir.ts';
import { check, notTestable, pass, worst } from '../../../src/core/findings.ts';
import { guides } from '../../../src/core/guides.ts';
import { came, left } from '../../../src/core/heard.ts';
import type { Exchange, Finding } from '../../../src/core/model.ts';
import { crd, useCase } from '../../sources.ts';
import { attested, onCase, repeatsOf, type Scene, status } from '../marks.ts';
import { altered, answeredHook, asked, assertionsOf, carried, contextOf, hook, hookOf, pathIn, resourcesIn, shared, signs } from './lib.ts';

const page = crd('cards.html#coverage-information-response-type', 'resp-14, resp-46, resp-48');

/** Orders of which the first answer says something: their paths. */
const meant = ({ seen }: Scene): readonly string[] => resourcesIn(contextOf(seen)['draftOrders']).map(pathIn);
const later = ({ after }: Scene): readonly Exchange[] => after.filter(hook);
const wanted = ({ play }: Scene): string => `A-${play.word}`;
const readBack = ({ after }: Scene): readonly JsonObject[] =>
  after.filter((each) => asked('order')(each) && status(each) === 200).flatMap((each) => resourcesIn(jsonOf(each.response)));

/** The orders of the first call, as they are seen again: read back, or in later calls. */
function again(scene: Scene): readonly JsonObject[] {
  const paths = meant(scene);
  return [...readBack(scene), ...later(scene).flatMap(carried)].filter((each) => paths.includes(pathIn(each)));
}

/** A person took it back: then nothing need be stored with it. */
const cancelled = (order: JsonObject): boolean => ['revoked', 'cancelled', 'entered-in-error'].includes(String(order['status']));

/** The coverage information of the first answer is on the order, wherever it is seen next. */
function kept(scene: Scene): Finding {
  const all = again(scene);
  const seen = all.filter((each) => !cancelled(each));
  if (seen.length === 0 && all.length > 0)
    return notTestable(`Case ${scene.play.case}: the order was cancelled, so nothing need be stored with it.`, 'set-up');
  if (seen.length === 0)
    return notTestable(`Case ${scene.play.case}: nobody saw the order again, in a later hook or at the FHIR server.`, 'not-offered');
  return check(
    seen.some((each) => assertionsOf(each).includes(wanted(scene))),
    later(scene)[0] ?? scene.seen,
    `the order with the coverage information ${wanted(scene)}`,
    seen.map((each) => `${pathIn(each)} without it`).join(', '),
  );
}

const first = (each: Exchange): boolean => answeredHook(each) && hookOf(each) !== 'order-dispatch';

export const orderRows: readonly ClientRow[] = [
  {
    id: 'client.crd.coverage-info-kept',
    text: 'Coverage information that a system action brings is stored with the order.',
    source: page,
    ...shared,
    cases: ['C5'],
    judge: onCase(['C5'], first, kept),
    faults: [
      {
        name: 'ignores system actions',
        behaves: 'ignores-system-actions',
        alsoFails: {
          'client.crd.coverage-info-resent': 'what is not stored cannot be sent again',
          'client.crd.coverage-info-visible': 'nor be shown',
        },
      },
    ],
  },
  {
    id: 'client.crd.coverage-info-resent',
    text: 'The next hook for the same order carries the coverage information of the last answer.',
    source: page,
    ...shared,
    holds: [{ ig: guides.crd, from: '2.2.1' }],
    cases: ['C5'],
    judge: onCase(['C5'], first, (scene) => {
      const [next] = later(scene);
      if (next === undefined) return notTestable('Case C5: no second hook was called for the order.', 'not-offered');
      const orders = carried(next).filter((each) => meant(scene).includes(pathIn(each)) && !cancelled(each));
      if (orders.length === 0) return notTestable('The second hook does not carry the order.', 'not-offered');
      return check(
        orders.some((each) => assertionsOf(each).includes(wanted(scene))),
        next,
        `the order with ${wanted(scene)}`,
        'the order without it',
      );
    }),
    faults: [
      {
        name: 'sends the order without what it stored',
        sends: altered((body) => JSON.parse(JSON.stringify(body).replaceAll('ext-coverage-information', 'ext-something')), ['order-dispatch']),
      },
    ],
  },
  {
    id: 'client.crd.context-ids-usable',
    text: 'Ids of the context stay usable: the order can be found by them after signing.',
    source: crd('foundation.html#additional-considerations', 'found-36'),
    ...shared,
    cases: ['C5'],
    judge: onCase(['C5'], first, (scene) => {
      const drafts = resourcesIn(contextOf(scene.seen)['draftOrders']);
      if (drafts.some((each) => asString(each['id']) === undefined))
        return check(false, scene.seen, 'an id in every order of the context', 'one has none');
      const named = later(scene).flatMap((each) => asArray(contextOf(each)['dispatchedOrders']));
      if (again(scene).length > 0 || meant(scene).some((each) => named.includes(each))) return pass;
      const gone = scene.after.find((each) => asked('order')(each) && [404, 410].includes(status(each)));
      return gone === undefined
        ? notTestable('Case C5: the order did not come again and could not be asked for, so nobody knows whether its id holds.', 'not-offered')
        : check(false, gone, `one of ${meant(scene).join(', ')} can be read, or comes again`, `${gone.request.url}: ${status(gone)}`);
    }),
    faults: [{ name: 'gives orders another id when they are signed', behaves: 'ids-change-at-signing' }],
  },
  {
    id: 'client.crd.unknown-elements',
    text: 'Members that nobody defined do not keep the client from reading an answer.',
    source: crd('foundation.html#error-handling', 'found-33'),
    ...shared,
    lines: ['L2', 'L7'],
    holds: [
      { ig: guides.crd, to: '2.1.0', level: 'FAST' },
      { ig: guides.crd, from: '2.2.1' },
    ],
    cases: ['C5u'],
    judge: onCase(['C5u'], first, (scene) => attested(scene, kept(scene))),
    faults: [{ name: 'throws answers with unknown members away', behaves: 'reads-no-unknown-members' }],
  },
  {
    id: 'client.crd.minimal-answer',
    text: 'An answer with only what it must have is used, and the hook is not called again for it.',
    source: crd('conformance.html', 'conf-10, conf-12'),
    ...shared,
    holds: [
      { ig: guides.crd, to: '2.1.0', level: 'FAST' },
      { ig: guides.crd, from: '2.2.1' },
    ],
    cases: ['C9'],
    judge: onCase(['C9'], first, (scene) =>
      worst([kept(scene), check(repeatsOf(scene.seen, scene.after).length === 0, scene.seen, 'no repeat of the hook', 'it came again')]),
    ),
    faults: [{ name: 'takes short answers for broken ones', behaves: 'reads-no-minimal-answers' }],
  },
  {
    id: 'client.crd.system-action-scope',
    text: 'A system action changes the coverage information of the order, and nothing that was ordered.',
    source: useCase('Requirement line L2 payload'),
    ...shared,
    level: 'FAST',
    cases: ['C11'],
    judge: onCase(['C11'], first, (scene) => {
      // Only what this payer proposed counts: what signing and sending add to an order is the client's own.
      const urgent = resourcesIn(contextOf(scene.seen)['draftOrders']).flatMap((each) => (each['priority'] === 'stat' ? [pathIn(each)] : []));
      const changed = again(scene).find(
        (each) => JSON.stringify(each).includes(`changed-${scene.play.word}`) || (each['priority'] === 'stat' && !urgent.includes(pathIn(each))),
      );
      return worst([
        kept(scene),
        check(
          changed === undefined,
          scene.seen,
          'the order as it was written, with the coverage information',
          `${changed ? pathIn(changed) : ''} with what the payer changed`,
        ),
      ]);
    }),
    faults: [{ name: "stores the payer's copy of the order", behaves: 'stores-the-whole-order' }],
  },
  {
    id: 'client.crd.creates-linked',
    text: 'Orders that one suggestion creates stay linked under the ids that the client gives them.',
    source: crd('deviations.html#linkage-between-created-resources', 'dev-21, dev-22, dev-23'),
    ...shared,
    cases: ['C10'],
    judge: onCase(['C10'], first, ({ heard, seen, play }) => {
      const there = heard.filter((each) => asked('created')(each) && came(each) > came(seen)).flatMap((each) => resourcesIn(jsonOf(each.response)));
      const devices = there.filter(
        (each) => each['resourceType'] === 'DeviceRequest' && each['basedOn'] !== undefined && /"E0601"/.test(JSON.stringify(each)),
      );
      if (devices.length === 0)
        return notTestable(
          'Case C10: the suggested orders were not found at the FHIR server of the client (not accepted, or not readable).',
          'not-offered',
        );
      const ids = there.map(pathIn);
      return worst(
        devices.map((each) => {
          const to = asString(at(each, 'basedOn', 0, 'reference')) ?? '';
          if (to.includes(`tmp-a-${play.word}`)) return check(false, seen, 'basedOn with the id of the created ServiceRequest', to);
          // A reference may be absolute.
          return ids.includes(to.split('/').slice(-2).join('/'))
            ? pass
            : notTestable(`Case C10: ${to || 'what basedOn names'} was not among the orders that the FHIR server listed.`, 'set-up');
        }),
      );
    }),
    faults: [{ name: "leaves the payer's temporary ids in references", behaves: 'leaves-temporary-ids' }],
  },
  {
    id: 'client.crd.bypass',
    text: 'A payer that does not answer keeps nobody from going on.',
    source: crd('foundation.html#performance', 'found-6'),
    ...shared,
    lines: ['L6', 'L7'],
    holds: [
      { ig: guides.crd, to: '2.0.1', level: 'SHOULD' },
      { ig: guides.crd, from: '2.1.0' },
    ],
    cases: ['C7'],
    judge: onCase(['C7'], signs, ({ heard, seen }) => {
      const next = heard.find((each) => came(each) > came(seen) && each.step !== 'ehr.callback' && !(hook(each) && hookOf(each) === hookOf(seen)));
      if (next === undefined) return notTestable('Case C7: nothing more was asked, so nobody knows whether the person could go on.', 'not-offered');
      // Who closes the connection does not wait; and how fast a person is says nothing of the client.
      return check(
        status(seen) === 0 || came(next) < left(seen),
        next,
        'the next step while the payer still thinks',
        `${Math.round(came(next) - left(seen))} ms after its answer, which took ${Math.round(left(seen) - came(seen))} ms`,
      );
    }),
    faults: [{ name: 'waits as long as the payer takes', behaves: 'waits-for-the-payer' }],
  },
];
