import type { ClientRow } from '../../../src/core/client-row.ts';
import { asArray, asObject, asString, at, isObject, type JsonObject, jsonOf, requestJsonOf } from '../../../src/core/fhir.ts';
import { check, notApplicable, notTestable, pass, warn, worst, worstOfAll } from '../../../src/core/findings.ts';
import { guides } from '../../../src/core/guides.ts';
import type { Exchange, Finding, Json } from '../../../src/core/model.ts';
import { cdsHooks, crd } from '../../sources.ts';
import { onCase, onEvery, at as step, unheard } from '../marks.ts';
import {
  altered,
  answeredHook,
  bodyOf,
  carried,
  contextOf,
  discoveryBefore,
  hook,
  hookOf,
  member,
  onHooks,
  resourcesIn,
  serviceOf,
  shared,
  signs,
} from './lib.ts';

/** Paths of members that are there and say nothing; inside FHIR resources other rules hold. */
function emptyAt(value: Json, path: string): readonly string[] {
  if (value === null || value === '') return [path];
  if (Array.isArray(value)) return value.length === 0 ? [path] : value.flatMap((each: Json, nth) => emptyAt(each, `${path}[${nth}]`));
  if (!isObject(value)) return [];
  if (typeof value['resourceType'] === 'string') return [];
  if (Object.keys(value).length === 0) return [path];
  return Object.entries(value).flatMap(([name, each]) =>
    path === 'prefetch' && each === null ? [] : emptyAt(each, path === '' ? name : `${path}.${name}`),
  );
}

function fields(call: Exchange, heard: readonly Exchange[]): Finding {
  const json = requestJsonOf(call.request);
  if (call.request.method !== 'POST' || !isObject(json))
    return check(false, call, 'POST with a JSON object', `${call.request.method} ${call.request.url}`);
  const wanted = asString(serviceOf(call, discoveryBefore(call, heard))?.['hook']);
  const empty = emptyAt(json, '');
  return worst([
    check(
      typeof json['hook'] === 'string' && (wanted === undefined || json['hook'] === wanted),
      call,
      `hook ${wanted ?? ''}`,
      JSON.stringify(json['hook'] ?? null),
    ),
    check(
      typeof json['hookInstance'] === 'string' && json['hookInstance'] !== '',
      call,
      'hookInstance',
      JSON.stringify(json['hookInstance'] ?? null),
    ),
    check(isObject(json['context']), call, 'a context object', JSON.stringify(json['context'] ?? null)),
    check(empty.length === 0, call, 'no empty members', `empty: ${empty.slice(0, 5).join(', ')}`),
  ]);
}

const user = /^(Practitioner|PractitionerRole)\/[A-Za-z0-9.-]{1,64}$/;
const booker = /^(Practitioner|PractitionerRole|Patient|RelatedPerson)\/[A-Za-z0-9.-]{1,64}$/;
const reference = /^[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}$/;
const bare = /^[A-Za-z0-9.-]{1,64}$/;

function context(call: Exchange): Finding {
  const own = contextOf(call);
  const says = (name: string, form: RegExp, words: string): Finding =>
    check(form.test(asString(own[name]) ?? ''), call, `context.${name}: ${words}`, JSON.stringify(own[name] ?? null).slice(0, 100));
  const list = (name: string): readonly JsonObject[] => resourcesIn(own[name]);
  const bundle = (name: string): readonly Finding[] => [
    check(
      at(own[name], 'resourceType') === 'Bundle' && list(name).length > 0,
      call,
      `context.${name}: a Bundle of resources`,
      JSON.stringify(own[name] ?? null).slice(0, 100),
    ),
    check(
      list(name).every((each) => bare.test(String(each['id'] ?? ''))),
      call,
      `an id in each resource of context.${name}`,
      'one has none',
    ),
  ];
  const patient = says('patientId', bare, 'the id of a Patient without its type');
  const within = (): Finding => {
    const there = list('draftOrders').map((each) => `${String(each['resourceType'])}/${String(each['id'])}`);
    const chosen = asArray(own['selections']).map((each) => asString(each) ?? '');
    const strange = chosen.filter((each) => !there.includes(each));
    return check(chosen.length > 0 && strange.length === 0, call, 'selections that name orders of draftOrders', strange.join(', ') || 'none');
  };
  switch (hookOf(call)) {
    case 'order-sign':
      return worst([says('userId', user, 'Practitioner/x or PractitionerRole/x'), patient, ...bundle('draftOrders')]);
    case 'order-select':
      return worst([says('userId', user, 'Practitioner/x or PractitionerRole/x'), patient, ...bundle('draftOrders'), within()]);
    case 'order-dispatch':
      return worst([
        patient,
        says('performer', reference, 'a local reference'),
        check(
          asArray(own['dispatchedOrders']).length > 0 && asArray(own['dispatchedOrders']).every((each) => reference.test(asString(each) ?? '')),
          call,
          'context.dispatchedOrders: local references',
          JSON.stringify(own['dispatchedOrders'] ?? null).slice(0, 100),
        ),
      ]);
    case 'appointment-book':
      return worst([says('userId', booker, 'a person'), patient, ...bundle('appointments')]);
    case 'encounter-start':
    case 'encounter-discharge':
      return worst([says('userId', user, 'Practitioner/x or PractitionerRole/x'), patient, says('encounterId', bare, 'the id of an Encounter')]);
    default:
      return notApplicable(`CRD defines no context for the hook ${hookOf(call)}.`);
  }
}

const uuid = /^(urn:uuid:)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A UUID; and at one service never the same for two different calls that were answered: after a failure the same action may come again. */
function instance(call: Exchange, heard: readonly Exchange[]): Finding {
  const own = asString(bodyOf(call)['hookInstance']) ?? '';
  const twin = heard.find(
    (each) =>
      each !== call &&
      answeredHook(each) &&
      each.request.url === call.request.url &&
      bodyOf(each)['hookInstance'] === own &&
      each.request.body !== call.request.body,
  );
  return worst([
    check(uuid.test(own), call, 'hookInstance is a UUID', own.slice(0, 80) || 'none'),
    check(twin === undefined, call, 'a hookInstance of its own for each action', `${own} came twice at ${call.request.url}`),
  ]);
}

const matches = (value: Json | undefined, type: string): boolean =>
  type === 'boolean'
    ? typeof value === 'boolean'
    : type === 'integer'
      ? Number.isInteger(value)
      : type === 'string'
        ? typeof value === 'string'
        : true;

function configuration(call: Exchange, heard: readonly Exchange[]): Finding {
  const said = at(bodyOf(call), 'extension', 'davinci-crd.configuration');
  if (said === undefined) return notApplicable('The client changes no setting of the payer.');
  const options = asArray(at(serviceOf(call, discoveryBefore(call, heard)), 'extension', 'davinci-crd.configuration-options'));
  const wrong = options.filter((each) => {
    const value = at(said, asString(at(each, 'code')) ?? '');
    return value !== undefined && !matches(value, asString(at(each, 'type')) ?? '');
  });
  return worst([
    check(isObject(said), call, 'davinci-crd.configuration as an object', JSON.stringify(said).slice(0, 100)),
    check(
      wrong.length === 0,
      call,
      'values of the declared types',
      `${wrong.map((each) => String(at(each, 'code'))).join(', ')} in ${JSON.stringify(said).slice(0, 100)}`,
    ),
  ]);
}

const orderTypes = ['ServiceRequest', 'DeviceRequest', 'MedicationRequest', 'NutritionOrder', 'VisionPrescription', 'CommunicationRequest'];

export const requestRows: readonly ClientRow[] = [
  {
    id: 'client.crd.request-fields',
    text: 'A hook call is a POST with a JSON object that has hook, hookInstance and context, and no empty members.',
    source: cdsHooks('#http-request_1'),
    ...shared,
    cases: ['C1'],
    anywhere: true,
    judge: onHooks(fields),
    faults: [
      { name: 'sends null for what it does not know', sends: member('context', (context) => ({ ...context, encounterId: null }), ['order-sign']) },
    ],
  },
  {
    id: 'client.crd.context',
    text: 'The context has the members of its hook in the form that CRD gives them.',
    source: crd('hooks.html', 'hook-20, hook-24, hook-27, hook-29, hook-31, hook-35, hook-37'),
    ...shared,
    cases: ['C1'],
    anywhere: true,
    judge: onHooks(context),
    faults: [{ name: 'names the user without the type', sends: member('context', (context) => ({ ...context, userId: 'dr-7' }), ['order-sign']) }],
  },
  {
    id: 'client.crd.hook-instance',
    text: 'Each invocation has a hookInstance of its own, a UUID.',
    source: cdsHooks('#hookinstance'),
    ...shared,
    cases: ['C6c'],
    anywhere: true,
    judge: onHooks(instance),
    faults: [
      {
        name: 'gives the id of the visit as hookInstance',
        sends: altered((body) => ({ ...body, hookInstance: 'visit-1' })),
      },
    ],
  },
  {
    id: 'client.crd.order-sign',
    text: 'Signing an order calls order-sign with that order.',
    source: crd('hooks.html', 'hook-2, hook-3'),
    ...shared,
    cases: ['C1'],
    judge: onCase(['C1'], step('cds.discovery'), ({ heard, seen }) => {
      const signed = heard.filter(signs).flatMap((each) => resourcesIn(contextOf(each)['draftOrders']));
      const types = new Set(signed.map((each) => String(each['resourceType'])));
      return check(
        orderTypes.some((each) => types.has(each)),
        seen,
        'an order-sign call with an order',
        [...types].join(', ') || 'no order-sign call',
      );
    }),
    faults: [{ name: 'calls nothing when an order is signed', behaves: 'never-signs' }],
  },
  {
    id: 'client.crd.config-conveyed',
    text: "Settings are conveyed in the configuration extension, by the payer's codes and in the declared types.",
    source: crd('deviations.html#hook-configuration-extension', 'dev-12'),
    ...shared,
    cases: ['C1'],
    anywhere: true,
    judge: onHooks(configuration),
    faults: [
      {
        name: 'sends a setting as text',
        sends: member('extension', (extension) => ({ ...extension, 'davinci-crd.configuration': { 'coverage-info': 'true' } })),
      },
    ],
  },
  {
    id: 'client.crd.what-if',
    text: 'A what-if question says that it is one: unsolicited-determ is false.',
    source: crd('foundation.html#what-if-hook-invocation', 'found-35'),
    ...shared,
    cases: ['C16'],
    judge: onCase(['C16'], hook, ({ heard }) =>
      worstOfAll(
        heard
          .filter(hook)
          .map((each) =>
            check(
              at(bodyOf(each), 'extension', 'davinci-crd.configuration', 'unsolicited-determ') === false,
              each,
              'configuration unsolicited-determ: false',
              JSON.stringify(at(bodyOf(each), 'extension') ?? null).slice(0, 150),
            ),
          ),
      ),
    ),
    faults: [{ name: 'asks what-if as if it were an order', behaves: 'what-if-as-order' }],
  },
  {
    id: 'client.version.crd-requested',
    text: 'Where the payer lists several versions of CRD, the call says which one it speaks.',
    source: crd('deviations.html#crd-version-declaration', 'dev-3'),
    ...shared,
    lines: ['L1'],
    holds: [{ ig: guides.crd, from: '2.2.1' }],
    cases: ['V2'],
    judge: onCase(['V2'], step('cds.discovery'), ({ after, heard }) => {
      const call = after.find(hook);
      if (call === undefined) return notTestable('Case V2: no hook was called after the list of services was read.', 'not-offered');
      const listed = asArray(at(serviceOf(call, discoveryBefore(call, heard)), 'extension', 'davinci-crd.version'));
      if (listed.length === 0) return notTestable('Case V2: the service that was called is not in the list that was read.', 'not-offered');
      const said = at(bodyOf(call), 'extension', 'davinci-crd.requestedVersion');
      return check(
        typeof said === 'string' && listed.includes(said),
        call,
        `davinci-crd.requestedVersion out of ${listed.join(', ')}`,
        JSON.stringify(said ?? null),
      );
    }),
    faults: [
      {
        name: 'does not say which version it speaks',
        sends: member('extension', ({ 'davinci-crd.requestedVersion': _said, ...rest }) => rest),
      },
    ],
  },
  {
    id: 'client.crd.billing-options',
    text: 'A billing code that is known stands in the billing options of the order.',
    source: crd('StructureDefinition-ext-billing-options.html', 'billopt-1'),
    ...shared,
    holds: [{ ig: guides.crd, from: '2.2.1' }],
    cases: ['C1'],
    anywhere: true,
    judge: onEvery('order-sign call', signs, (each) => {
      const orders = resourcesIn(contextOf(each)['draftOrders']);
      // A note is prose: only a code of CPT or HCPCS that is called a billing code there counts, and as a warning.
      const known = (order: JsonObject): boolean => /billing code\W+(\d{4}[0-9A-Z]|[A-Z]\d{4})\b/i.test(JSON.stringify(order['note'] ?? null));
      const right = orders.some((order) => asArray(order['extension']).some((one) => /ext-billing-options$/.test(asString(at(one, 'url')) ?? '')));
      if (right) return pass;
      const elsewhere = orders.find(known);
      return elsewhere === undefined
        ? notApplicable('No order of this call shows that a billing code was known.')
        : warn(each, 'the billing code in the extension ext-billing-options', `only in ${JSON.stringify(asObject(elsewhere)['note']).slice(0, 120)}`);
    }),
    faults: [{ name: 'writes the billing code into a note', behaves: 'billing-code-in-a-note' }],
  },
  {
    id: 'client.crd.location-address',
    text: 'A Location that is part of one with an address has an address itself.',
    source: crd('StructureDefinition-profile-location.html', 'prof-13'),
    ...shared,
    holds: [{ ig: guides.crd, from: '2.2.1' }],
    cases: ['C3'],
    judge: onCase(['C3'], hook, ({ heard }) => {
      const parts = heard.filter(hook).flatMap((call) =>
        carried(call)
          .filter((each) => each['resourceType'] === 'Location' && each['partOf'] !== undefined)
          .map((each) => ({ call, each })),
      );
      if (parts.length === 0) return notApplicable('No Location that is part of another one was sent.');
      return worstOfAll(
        parts.map(({ call, each }) => {
          const whole = heard.find((one) => one.facts?.['heard.asked']?.purpose === 'parent' && one.facts['heard.asked'].expects === each['id']);
          if (each['address'] !== undefined) return pass;
          const parent = whole === undefined || unheard(whole) ? undefined : jsonOf(whole.response);
          if (at(parent, 'resourceType') !== 'Location')
            return notTestable(`What Location/${String(each['id'])} is part of could not be read.`, 'set-up');
          return check(
            at(parent, 'address') === undefined,
            call,
            `an address in Location/${String(each['id'])}, since the one that it is part of has one`,
            'none',
          );
        }),
      );
    }),
    faults: [{ name: 'sends a room without address', behaves: 'rooms-without-address' }],
  },
];
