import { asArray, asObject, asString, at, isObject, type JsonObject, parseJson } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';
import { stableUuid } from '../crd/cards.ts';
import type { MockReply } from '../kernel/payer.ts';
import { fhir, json } from '../kernel/replies.ts';
import { held } from './answers.ts';
import type { Asked, Serving, Stage, Told } from './case.ts';

/** A scripted CRD service: its services, and what it answers. Two payers live in each case, the second below `/two`. */

export interface Service {
  readonly id: string;
  readonly hook: string;
  readonly prefetch: Readonly<Record<string, string>>;
}

/** A hook call, as the service reads it. */
export interface Call {
  readonly stage: Stage;
  readonly service: string;
  readonly hook: string;
  readonly body: JsonObject;
  /** Counts the calls of this hook at both payers, from 1. */
  readonly nth: number;
  readonly payer: 'one' | 'two';
  /** The orders that it is about: those that the call carries itself. */
  readonly orders: readonly JsonObject[];
}

export interface DeskScript {
  /** `nth` counts the discoveries, from 1. Default: the usual services, under keys of the case. */
  readonly services?: (stage: Stage, nth: number) => readonly Service[];
  /** Default: coverage information for every order, and a card. */
  readonly answer?: (call: Call) => JsonObject | MockReply | Promise<JsonObject | MockReply>;
  /** Done before the answer, and after it. */
  readonly before?: (call: Call) => Promise<unknown>;
  readonly after?: (call: Call) => Promise<unknown>;
  /** The answer to signing is held back this long, s of the catalogue, and never less than a tenth of it. */
  readonly holds?: number;
}

export const templates = {
  patient: 'Patient/{{context.patientId}}',
  coverage: 'Coverage?patient={{context.patientId}}&status=active',
  practitioner: 'Practitioner/{{userPractitionerId}}',
  encounter: 'Encounter?patient={{context.patientId}}&_include=Encounter:location',
  dispatched: 'ServiceRequest?_id={{context.dispatchedOrders.ServiceRequest.id}}',
} as const;

/** Key names that nobody can guess; `change` counts how often they were changed. */
export const keyed = (stage: Stage, prefetch: Readonly<Record<string, string>>, change = 1): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(prefetch).map(([name, template], nth) => [`k${change}${stage.word.slice(0, 4)}${nth}${name.slice(0, 1)}`, template]),
  );

/** One service for signing, one for sending. */
export const usual = (stage: Stage): readonly Service[] => [
  { id: `sign-${stage.word}`, hook: 'order-sign', prefetch: keyed(stage, { patient: templates.patient, coverage: templates.coverage }) },
  {
    id: `send-${stage.word}`,
    hook: 'order-dispatch',
    prefetch: keyed(stage, { patient: templates.patient, coverage: templates.coverage, dispatched: templates.dispatched }),
  },
];

const option = (code: string, name: string): Json => ({ code, type: 'boolean', name, description: `Return ${name.toLowerCase()}?`, default: true });
const published = ({ id, hook, prefetch }: Service): Json => ({
  hook,
  id,
  title: `Coverage requirements (${hook})`,
  description: 'Is it covered, and what does the plan need?',
  ...(Object.keys(prefetch).length === 0 ? {} : { prefetch }),
  extension: {
    'davinci-crd.version': ['2.0', '2.2'],
    'davinci-crd.configuration-options': [
      option('coverage-info', 'Coverage information'),
      option('unsolicited-determ', 'Unsolicited determinations'),
    ],
  },
});

/** The orders that a call carries: those of its context, and those of its prefetch that the context names. */
function ordersOf(body: JsonObject): readonly JsonObject[] {
  const context = asObject(body['context']);
  const drafts = asArray(at(context, 'draftOrders', 'entry')).map((entry) => asObject(at(entry, 'resource')));
  const named = asArray(context['dispatchedOrders']);
  const ahead = Object.values(asObject(body['prefetch'])).flatMap((each) =>
    at(each, 'resourceType') === 'Bundle' ? asArray(at(each, 'entry')).map((entry) => asObject(at(entry, 'resource'))) : [asObject(each)],
  );
  return [...drafts, ...ahead.filter((each) => named.includes(`${String(each['resourceType'])}/${String(each['id'])}`))];
}

/** Makes the payers of a case that answer hooks by this script. */
export const desk =
  (script: DeskScript) =>
  (stage: Stage): Serving => {
    let discoveries = 0;
    const calls = new Map<string, number>();
    const services = (): readonly Service[] => script.services?.(stage, Math.max(1, discoveries)) ?? usual(stage);
    const instead = async ({ method, path, body: text }: Asked): Promise<Told | undefined> => {
      const [, two, id = '', feedback] = /^(\/two)?\/cds\/cds-services(?:\/([^/]+))?(\/feedback)?$/.exec(path) ?? [];
      if (!/^(\/two)?\/cds\/cds-services(\/|$)/.test(path)) return beside(method, path, stage);
      if (id === '') {
        discoveries++;
        return { step: 'cds.discovery', reply: json({ services: services().map(published) }) };
      }
      if (feedback !== undefined) return { step: 'cds.feedback', reply: { status: 200, headers: {}, body: '' } };
      const service = services().find((each) => each.id === id);
      if (service === undefined || method !== 'POST')
        return {
          step: 'cds.hook',
          reply: json({ message: `There is no service ${id} here. Read /cds-services.` }, service === undefined ? 404 : 405),
        };
      const parsed = parseJson(text);
      if (!isObject(parsed)) return { step: 'cds.hook', reply: json({ message: 'The body is no JSON object. Send a CDS Hooks request.' }, 400) };
      const nth = (calls.get(service.hook) ?? 0) + 1;
      calls.set(service.hook, nth);
      const call: Call = {
        stage,
        service: id,
        hook: service.hook,
        body: parsed,
        nth,
        payer: two === undefined ? 'one' : 'two',
        orders: ordersOf(parsed),
      };
      await script.before?.(call);
      const answer = await (script.answer ?? ((each) => answered(each)))(call);
      const hold = script.holds !== undefined && call.hook === 'order-sign' ? script.holds * 1000 * Math.max(0.1, stage.share) : 0;
      const { after } = script;
      return {
        step: 'cds.hook',
        reply: held(isReply(answer) ? answer : json(answer), hold),
        ...(after === undefined ? {} : { after: () => after(call) }),
      };
    };
    return { instead };
  };

/** What cards and coverage information lead to: documents and apps, and the questionnaires of DTR. */
function beside(method: string, path: string, stage: Stage): Told | undefined {
  if (path.startsWith('/app/'))
    return {
      step: 'app-link',
      reply: { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: '<!doctype html><title>Plan</title>' },
    };
  if (method === 'POST' && /^\/(two\/)?fhir\/Questionnaire\/\$questionnaire-package$/.test(path))
    return { step: 'operation', reply: fhir({ resourceType: 'Parameters', parameter: [{ name: 'PackageBundle', resource: packageOf(stage) }] }) };
  return undefined;
}

export const questionnaireAt = ({ root, word }: Stage): string => `${root}/fhir/Questionnaire/q-${word}`;

/** One questionnaire with one question. Source: http://hl7.org/fhir/us/davinci-dtr/OperationDefinition-questionnaire-package.html */
const packageOf = (stage: Stage): Json => ({
  resourceType: 'Bundle',
  type: 'collection',
  entry: [
    {
      fullUrl: questionnaireAt(stage),
      resource: {
        ...{ resourceType: 'Questionnaire', id: `q-${stage.word}`, url: questionnaireAt(stage), version: '1.0.0', status: 'active' },
        ...{ title: 'What the plan asks', subjectType: ['Patient'], item: [{ linkId: '1', text: 'Since when?', type: 'date' }] },
      },
    },
  ],
});

const isReply = (answer: JsonObject | MockReply): answer is MockReply => typeof answer['status'] === 'number' && 'body' in answer;

/** Source: http://hl7.org/fhir/us/davinci-crd/StructureDefinition-ext-coverage-information.html */
export const informationUrl = 'http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information';
const part = (url: string, value: JsonObject): Json => ({ url, ...value });

/** Coverage information for one order. `more`: parts beside the four that there must be. */
export function information({ stage, body }: Call, order: JsonObject, more: readonly Json[] = []): JsonObject {
  const coverage = asArray(order['insurance']).flatMap((each) => asString(at(each, 'reference')) ?? [])[0];
  const found = Object.values(asObject(body['prefetch'])).flatMap((each) =>
    asArray(at(each, 'entry')).flatMap((entry) =>
      at(entry, 'resource', 'resourceType') === 'Coverage' ? [String(at(entry, 'resource', 'id'))] : [],
    ),
  )[0];
  return {
    url: informationUrl,
    extension: [
      part('coverage', { valueReference: { reference: found === undefined ? (coverage ?? 'Coverage/unknown') : `Coverage/${found}` } }),
      part('covered', { valueCode: 'covered' }),
      ...more,
      part('date', { valueDate: '2026-01-05' }),
      part('coverage-assertion-id', { valueString: `A-${stage.word}` }),
    ],
  };
}

export const reason = (text: string): Json => part('reason', { valueCodeableConcept: { text } });

export const updating = (order: JsonObject, extension: JsonObject, changes: JsonObject = {}): Json => ({
  type: 'update',
  description: 'Adds what the plan says about coverage',
  resource: {
    ...order,
    ...changes,
    extension: [...asArray(order['extension']).filter((each) => at(each, 'url') !== informationUrl), extension],
  },
});

/** Coverage information for every order of the call, and a card. JSON of CDS Hooks holds no empty lists but that of cards. */
export function answered(call: Call, more: readonly Json[] = [reason(`The plan covers it (${call.stage.word}).`)]): JsonObject {
  const systemActions = call.orders.map((order) => updating(order, information(call, order, more)));
  return {
    cards: [card(call.stage, 'info', `Covered by the plan (${call.stage.word})`)],
    ...(systemActions.length === 0 ? {} : { systemActions }),
  };
}

/** As members know this plan. */
export const insurer = 'Sunrise Health Plan';

/** A card with the four members that it must have. `topic`: of the card types of CRD; `guideline` promises a link. */
export const card = (stage: Stage, name: string, summary: string, more: JsonObject = {}, topic = 'clinical-reminder'): JsonObject => ({
  uuid: stableUuid(stage.word, name),
  summary,
  indicator: 'info',
  source: { label: insurer, topic: { system: 'http://terminology.hl7.org/CodeSystem/cdshooks-card-type', code: topic } },
  ...more,
});
