import { type Hook, type HookCall, hookCall, hooks, rawCall } from '../../src/client/requests/crd/hooks.ts';
import { servicesOf } from '../../src/client/requests/crd/prefetch.ts';
import { type SceneOptions, sceneFor } from '../../src/client/requests/crd/scene.ts';
import { asArray, asObject, asString, at } from '../../src/core/fhir.ts';
import type { AssertionSpec, Expected, Known, Probe, RequestSpec } from '../../src/core/model.ts';

/** Calls that a CRD service must refuse, each wrong in one way. */

interface Wrong {
  readonly call?: Partial<HookCall>;
  readonly scene?: SceneOptions;
  readonly jwt?: AssertionSpec | 'none';
  readonly raw?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly service?: string;
  /** The hooks that can be wrong in this way; absent = all. */
  readonly hooks?: readonly Hook[];
  /** Our EHR is not named: what is not sent along is not available. */
  readonly alone?: true;
}

/** A UUID for this probe: the same in every run, another for every probe. */
const instanceOf = (id: string): string =>
  `d1577c69-dfbe-44ad-ba6d-${String([...id].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1e12, 7)).padStart(12, '0')}`;

function request(known: Known, id: string, wrong: Wrong): RequestSpec | string {
  const base = asString(known.notes['crd.base']);
  const member = known.target.members.known;
  const services = servicesOf({ services: known.notes['crd.services'] ?? [] });
  // Any hook that the service offers will do.
  const hook = (wrong.hooks ?? hooks).find((each) => services[each] !== undefined);
  const offered = hook && services[hook];
  const service = offered?.id;
  // As in the honest call: a refusal because an EHR is missing would prove nothing.
  const ehr = known.notes['crd.ehr'];
  if (base === undefined || member === undefined || hook === undefined || service === undefined)
    return `no known member, or no service for ${(wrong.hooks ?? hooks).join(', ')}`;
  const signed = known.target.auth.kind === 'smart-backend' || known.target.cds?.key !== undefined;
  if (wrong.jwt !== undefined && !signed)
    return 'the honest calls carry no client JWT, as the target file names no key for them (cds.key, or a SMART client)';
  if (wrong.raw !== undefined) return rawCall(base, service, wrong.raw);
  return hookCall(
    base,
    wrong.service ?? service,
    {
      hook,
      instance: instanceOf(id),
      scene: sceneFor(known.target, member, wrong.scene),
      templates: offered?.templates ?? {},
      ...(ehr === undefined || wrong.alone ? {} : { ehr }),
      ...wrong.call,
    },
    wrong.jwt ?? {},
    wrong.headers,
  );
}

const probe = (id: string, wrong: Wrong, expected?: Expected): Probe => ({
  id: `crd.${id}`,
  step: 'cds.hook',
  suite: 'crd.negatives',
  request: (known) => request(known, id, wrong),
  ...(expected === undefined ? {} : { expected }),
});

const correct = (status: Expected['status'], codes: readonly string[], names: readonly string[]): Expected => ({
  status,
  codes,
  names,
  action: 'correct',
});
const signIn: Expected = {
  status: [401, 403],
  codes: ['login', 'security', 'expired', 'forbidden', 'unknown'],
  names: ['authorization', 'jwt', 'token', 'signature'],
  action: 'reauthenticate',
};
const otherPayer = { system: 'http://hl7.org/fhir/sid/us-npi', value: '1013907997', name: 'Some Other Plan' };

/** Drops the code from every draft order: valid JSON, broken CRD profile. */
const withoutCode: NonNullable<HookCall['change']> = (body) => {
  const context = asObject(body['context']);
  const drafts = asObject(context['draftOrders']);
  const entry = asArray(drafts['entry']).map((each) => ({
    resource: Object.fromEntries(Object.entries(asObject(at(each, 'resource'))).filter(([key]) => key !== 'code')),
  }));
  return { ...body, context: { ...context, draftOrders: { ...drafts, entry } } };
};

/** What our EHR holds while this probe is out: the scene that it was made of. */
export const sceneOfProbe = (id: string): SceneOptions => (id === 'crd.wrong-payer' ? { payer: otherPayer } : {});

export const malformed = probe('malformed', { raw: '{"hook":' }, correct([400], ['structure', 'invalid'], ['body', 'json']));
export const profile = probe(
  'profile',
  { call: { change: withoutCode }, hooks: ['order-sign', 'order-select'] },
  correct([422, 400], ['invalid', 'required', 'structure', 'value'], ['code']),
);
export const wrongHook = probe(
  'wrong-hook',
  { call: { change: (body) => ({ ...body, hook: 'assay-no-such-hook' }) } },
  correct([400, 422], ['required', 'invalid', 'value', 'not-supported'], ['hook']),
);
export const missingContext = probe(
  'missing-context',
  { call: { change: (body) => ({ ...body, context: {} }) } },
  correct([400, 422], ['required', 'invalid', 'structure'], ['context', 'patientid']),
);
export const unknownService = probe(
  'unknown-service',
  { service: 'assay-no-such-service' },
  correct([404], ['not-found', 'not-supported'], ['service']),
);
export const noPrefetch = probe(
  'no-prefetch',
  { call: { without: ['Patient'] }, alone: true },
  correct([412, 400], ['required', 'not-found', 'incomplete'], ['patient', 'prefetch']),
);
export const wrongPayer = probe(
  'wrong-payer',
  { scene: { payer: otherPayer } },
  correct([400], ['business-rule', 'invalid', 'not-supported', 'value'], ['payor', 'payer', 'coverage']),
);
/** Without anything in it, without its mark, and as plain text: what a client's library sends when something in it is broken. */
export const emptyCall = probe('empty-call', { raw: '{}' }, correct([400, 422], ['required', 'invalid', 'structure', 'value'], ['hook', 'context']));
export const noInstance = probe(
  'no-instance',
  { call: { change: ({ hookInstance: _instance, ...body }) => body } },
  correct([400, 422], ['required', 'invalid', 'structure'], ['hookInstance']),
);
/** No `expected`: JSON is JSON to some. */
export const plainText = probe('plain-text', { headers: { 'content-type': 'text/plain' } });
export const noJwt = probe('no-jwt', { jwt: 'none' }, signIn);
export const badJwts: readonly Probe[] = [
  probe('jwt-unsigned', { jwt: { sign: 'none' } }, signIn),
  probe('jwt-hmac', { jwt: { sign: 'hmac' } }, signIn),
  probe('jwt-expired', { jwt: { iatOffset: -900, expOffset: -600 } }, signIn),
  probe('jwt-foreign-key', { jwt: { sign: 'stranger' } }, signIn),
  probe('jwt-wrong-aud', { jwt: { claims: { aud: 'https://harness.invalid/cds-services/other' } } }, signIn),
];
