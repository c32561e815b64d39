import { setTimeout as sleep } from 'node:timers/promises';
import { asArray, asObject, asString, at, type JsonObject } from '../../../src/core/fhir.ts';
import type { Json } from '../../../src/core/model.ts';
import { stableUuid } from '../../crd/cards.ts';
import { json } from '../../kernel/replies.ts';
import { act } from '../answers.ts';
import type { Case, SceneName, Stage } from '../case.ts';
import { answered, type Call, card, type DeskScript, desk, information, keyed, questionnaireAt, reason, templates, updating, usual } from '../cds.ts';

const crd = (id: string, group: string, does: string, script: DeskScript, scene: SceneName = 'order', window = 5): Case => ({
  id,
  group,
  journey: 'crd',
  scene,
  window,
  does,
  serves: desk(script),
});

/** Names what the fault of a case breaks in the rows about payers. */
const breaking = (breaks: readonly string[], about: Case): Case => ({ ...about, breaks });

/** The client's FHIR server, as the call names it, and the token for it. */
const accessOf = ({ body }: Call): { readonly base: string; readonly token: string } => ({
  base: (asString(body['fhirServer']) ?? '').replace(/\/+$/, ''),
  token: asString(at(body, 'fhirAuthorization', 'access_token')) ?? '',
});
const ask = (call: Call, path: string, purpose: string, expects?: string): Promise<Json | undefined> => {
  const { base, token } = accessOf(call);
  const url = /^https?:/.test(path) ? path : `${base}/${path}`;
  return base === '' ? Promise.resolve(undefined) : call.stage.ask({ url, token, purpose, ...(expects === undefined ? {} : { expects }) });
};
const patientOf = ({ body }: Call): string => asString(at(body, 'context', 'patientId')) ?? 'unknown';
const aheadOf = ({ body }: Call): readonly Json[] =>
  Object.values(asObject(body['prefetch'])).flatMap((each) =>
    at(each, 'resourceType') === 'Bundle' ? asArray(at(each, 'entry')).flatMap((entry) => at(entry, 'resource') ?? []) : [each],
  );

/** Reads back what an earlier call was about: its token is over, so a later one serves. */
const remembered = new WeakMap<Stage, Set<string>>();
async function readBack(call: Call): Promise<void> {
  const orders = remembered.get(call.stage) ?? new Set<string>();
  for (const path of orders) await ask(call, path, 'order');
  for (const { resourceType, id } of call.orders) orders.add(`${String(resourceType)}/${String(id)}`);
  remembered.set(call.stage, orders);
}

/** Everything that a CRD service may ask, while the hook is open. */
async function interview(call: Call): Promise<void> {
  if (call.hook !== 'order-sign') return;
  const patient = patientOf(call);
  await ask(call, 'metadata', 'metadata');
  await ask(call, `Patient/${patient}`, 'patient');
  const coverage = await ask(call, `Coverage?patient=${patient}`, 'coverage');
  for (const [key, template] of Object.entries(full(call.stage, 1)))
    if (!/\{\{(?!context\.patientId\}\})/.test(template)) await ask(call, template.replaceAll('{{context.patientId}}', patient), `template ${key}`);
  const [first] = asArray(at(coverage, 'entry'));
  const payor = asString(at(first, 'resource', 'payor', 0, 'reference'));
  if (payor !== undefined) await ask(call, payor, 'payor');
  for (const each of aheadOf(call)) {
    const whole = at(each, 'resourceType') === 'Location' ? asString(at(each, 'partOf', 'reference')) : undefined;
    if (whole !== undefined) await ask(call, whole, 'parent', String(at(each, 'id')));
  }
  await ask(call, `Immunization?patient=${patient}`, 'outside');
  await ask(call, `Patient/other-${call.stage.word}`, 'other');
}

const full = (stage: Stage, change: number): Readonly<Record<string, string>> =>
  keyed(
    stage,
    { patient: templates.patient, coverage: templates.coverage, practitioner: templates.practitioner, encounter: templates.encounter },
    change,
  );
const part = (stage: Stage, change: number): Readonly<Record<string, string>> => keyed(stage, { zcoverage: templates.coverage }, change + 4);

/** Full and partial services for signing, and one for each further hook. The keys change once. */
const everything = (stage: Stage, nth: number) => {
  const change = nth > 1 ? 2 : 1;
  const own = (hook: string, more: Readonly<Record<string, string>> = {}) => ({
    id: `${hook}-${stage.word}`,
    hook,
    prefetch: keyed(stage, { patient: templates.patient, coverage: templates.coverage, ...more }, change),
  });
  return [
    { id: `sign-${stage.word}`, hook: 'order-sign', prefetch: full(stage, change) },
    { id: `part-${stage.word}`, hook: 'order-sign', prefetch: part(stage, change) },
    own('order-dispatch', { dispatched: templates.dispatched }),
    own('appointment-book'),
    own('encounter-start', { visit: 'Encounter/{{context.encounterId}}' }),
  ];
};

const signing = (prefetch: (stage: Stage) => Readonly<Record<string, string>>) => (stage: Stage) => [
  { id: `sign-${stage.word}`, hook: 'order-sign', prefetch: prefetch(stage) },
];

const suggestion = (stage: Stage, name: string): JsonObject => ({
  uuid: stableUuid(stage.word, name, 'suggestion'),
  label: `Note the guideline (${stage.word}-${name})`,
  isRecommended: true,
});
/** An answer with system actions for each order: none where the call has no order. */
const acting = (cards: readonly Json[], systemActions: readonly Json[]): JsonObject => ({
  cards,
  ...(systemActions.length === 0 ? {} : { systemActions }),
});
const cards = ({ stage }: Call): JsonObject => ({
  cards: [1, 2, 3, 4].map((nth) =>
    card(
      stage,
      `card-${nth}`,
      `Advice ${stage.word}-${nth}`,
      nth < 3 ? { suggestions: [suggestion(stage, `${nth}`)], selectionBehavior: 'any' } : {},
    ),
  ),
});
const strange = (value: JsonObject): JsonObject => ({
  ...value,
  futureMember: { level: 3 },
  extension: { ...asObject(value['extension']), 'x-future': true },
});

/** Two orders to create, known to each other by ids of the payer's own. */
const creating = ({ stage, body }: Call): JsonObject => {
  const subject = { reference: `Patient/${asString(at(body, 'context', 'patientId')) ?? 'unknown'}` };
  const common = { status: 'draft', intent: 'proposal', subject };
  const create = (description: string, resource: JsonObject): JsonObject => ({ type: 'create', description, resource });
  return {
    cards: [
      card(stage, 'create', `Two orders are missing (${stage.word})`, {
        selectionBehavior: 'any',
        suggestions: [
          {
            ...suggestion(stage, 'create'),
            actions: [
              create('A device', {
                ...{ resourceType: 'DeviceRequest', id: `tmp-b-${stage.word}`, ...common },
                basedOn: [{ reference: `ServiceRequest/tmp-a-${stage.word}` }],
                codeCodeableConcept: { coding: [{ system: 'https://bluebutton.cms.gov/resources/codesystem/hcpcs', code: 'E0601' }] },
              }),
              create('Its fitting', {
                ...{ resourceType: 'ServiceRequest', id: `tmp-a-${stage.word}`, ...common },
                code: { coding: [{ system: 'http://www.ama-assn.org/go/cpt', code: '94660' }] },
              }),
            ],
          },
        ],
      }),
    ],
  };
};

/** Cases about Coverage Requirements Discovery: how the client calls, and what it does with answers. */
export const crdCases: readonly Case[] = [
  crd('C1', 'G7', 'random prefetch keys that change once, two services for signing, one for each other hook', { services: everything }, 'every-hook'),
  crd('C2', 'G7', 'a template by FHIRPath, one that finds nothing, one with an unknown parameter', {
    services: signing((stage) => ({
      ...keyed(stage, {
        patient: templates.patient,
        coverage: templates.coverage,
        none: 'AllergyIntolerance?patient={{context.patientId}}&code=none',
      }),
      [`f${stage.word}`]: 'ServiceRequest?_id={{context.draftOrders.entry.resource.ofType(ServiceRequest).id}}',
      [`u${stage.word}`]: 'Condition?unsearchable={{context.patientId}}',
    })),
  }),
  crd(
    'C3',
    'G7',
    "the payer reads the client's FHIR server: while the hook is open, and once more after its answer",
    {
      services: signing((stage) => full(stage, 1)),
      before: interview,
      after: async (call) => {
        await sleep(5000 * call.stage.share);
        await ask(call, `Patient/${patientOf(call)}`, 'after');
      },
    },
    'read',
    15,
  ),
  crd('C4', 'G9', 'two payers, each answers after 4 s', { services: (stage) => usual(stage).slice(0, 1), holds: 4 }, 'two-coverages'),
  // No card: the code word is in the coverage information alone.
  // Prior authorization is needed: who shows no "covered, nothing needed" has to show this.
  crd('C5', 'G8', 'coverage information with a code word in its reason', {
    before: readBack,
    answer: (call) => ({
      ...answered(call, [{ url: 'pa-needed', valueCode: 'auth-needed' }, reason(`Prior authorization is needed (${call.stage.word}).`)]),
      cards: [],
    }),
  }),
  crd('C5u', 'G8', 'members and extensions that nobody defined, at every level of the answer', {
    before: readBack,
    answer: (call) => {
      const answer = answered(call);
      const each = (list: Json | undefined): readonly Json[] => asArray(list).map((one) => strange(asObject(one)));
      return strange(acting(each(answer['cards']), each(answer['systemActions'])));
    },
  }),
  crd('C6', 'G8', 'four cards, two with suggestions', { answer: cards }, 'cards'),
  breaking(
    ['crd.card.suggestions'],
    crd(
      'C6b',
      'G8',
      'a card whose selectionBehavior nobody defined, beside a good one',
      {
        answer: ({ stage }) => ({
          cards: [
            card(stage, 'weighted', 'Weighted advice', { suggestions: [suggestion(stage, 'weighted')], selectionBehavior: 'weighted' }),
            card(stage, 'good', `Advice ${stage.word}`, { suggestions: [suggestion(stage, 'good')], selectionBehavior: 'any' }),
          ],
        }),
      },
      'accept',
    ),
  ),
  crd(
    'C6c',
    'G14',
    'another card at each call',
    { answer: ({ stage, nth }) => ({ cards: [card(stage, `turn-${nth}`, `Advice ${stage.word}-${nth}`)] }) },
    'again',
  ),
  crd('C7', 'G9', 'the answer to signing comes after 30 s', { holds: 30 }, 'slow'),
  breaking(
    ['err.retry-after'],
    crd('C7b', 'G14', '503 to every hook', { answer: ({ stage }) => json({ message: `The service is down (${stage.word}).` }, 503) }),
  ),
  crd('C8a', 'G9', 'nothing: the coverage of the member has ended', {}, 'ended-coverage', 30),
  crd('C8b', 'G9', 'nothing: the patient pays alone', {}, 'self-pay', 30),
  crd('C9', 'G8', 'coverage information and a card with only what they must have', {
    before: readBack,
    answer: (call) =>
      acting(
        [card(call.stage, 'minimal', 'Covered')],
        call.orders.map((order) => updating(order, information(call, order))),
      ),
  }),
  crd(
    'C10',
    'G8',
    'a suggestion that creates two orders, the first based on the second',
    {
      before: async (call) => {
        if (call.hook === 'order-dispatch')
          for (const type of ['DeviceRequest', 'ServiceRequest']) await ask(call, `${type}?patient=${patientOf(call)}`, 'created');
      },
      services: (stage) =>
        usual(stage).map((each) => ({ ...each, prefetch: { ...each.prefetch, [`d${stage.word}`]: 'DeviceRequest?patient={{context.patientId}}' } })),
      answer: (call) => (call.hook === 'order-sign' ? creating(call) : answered(call)),
    },
    'accept',
  ),
  breaking(
    ['crd.coverage.no-other-change'],
    crd('C11', 'G8', 'the update of the order also changes what was ordered', {
      before: readBack,
      answer: (call) =>
        acting(
          [],
          call.orders.map((order) =>
            updating(order, information(call, order, [reason(`Covered (${call.stage.word})`)]), {
              priority: 'stat',
              patientInstruction: `changed-${call.stage.word}`,
            }),
          ),
        ),
    }),
  ),
  {
    ...crd(
      'C12',
      'G8',
      'a link to a SMART app, with a context for it',
      {
        answer: ({ stage }) => ({
          cards: [
            card(stage, 'app', `An app helps (${stage.word})`, {
              links: [{ label: 'App', url: `${stage.root}/app/launch`, type: 'smart', appContext: stage.word }],
            }),
          ],
        }),
      },
      'open',
    ),
  },
  crd(
    'C13',
    'G9',
    'the payer reads what a limited user must not see, with the token of each user',
    {
      services: signing((stage) => ({
        ...keyed(stage, { patient: templates.patient, coverage: templates.coverage }),
        [`r${stage.word}`]: 'Observation?patient={{context.patientId}}',
      })),
      before: async (call) => {
        if (call.stage.restricted !== undefined) await ask(call, call.stage.restricted, 'restricted');
      },
    },
    'two-users',
  ),
  crd(
    'C14',
    'G8',
    'documentation is needed, by a questionnaire',
    {
      answer: (call) =>
        answered(call, [
          { url: 'doc-needed', valueCode: 'clinical' },
          { url: 'questionnaire', valueCanonical: questionnaireAt(call.stage) },
          reason(`Documents are needed (${call.stage.word})`),
        ]),
    },
    'open',
  ),
  crd(
    'C15',
    'G8',
    'a card with a link to a document, and one with instructions',
    {
      answer: ({ stage }) => ({
        cards: [
          card(
            stage,
            'link',
            `A guideline (${stage.word}-link)`,
            {
              links: [{ label: 'Guideline', url: `${stage.root}/app/guideline`, type: 'absolute' }],
            },
            'guideline',
          ),
          card(
            stage,
            'instructions',
            `Do this first (${stage.word}-instructions)`,
            { detail: 'Physiotherapy comes before imaging.' },
            'therapy-alternatives-opt',
          ),
        ],
      }),
    },
    'open',
  ),
  crd('C16', 'G9', 'nothing: somebody asks what would be covered', { services: (stage) => usual(stage).slice(0, 1) }, 'what-if'),
  crd('D1', 'G2', 'two payers; the member is insured with the second', {}, 'second-payer'),
  crd('D6', 'G2', 'the service that was in use is gone (404); another one is listed', {
    services: (stage, nth) => [{ id: `${nth === 1 ? 'old' : 'new'}-${stage.word}`, hook: 'order-sign', prefetch: {} }, ...usual(stage).slice(1)],
    answer: (call) => (call.service.startsWith('old-') ? json({ message: 'This service has moved. Read /cds-services.' }, 404) : answered(call)),
  }),
  crd('E4h', 'G12', '503 with Retry-After 8 to the first hook', {
    answer: (call) =>
      call.nth === 1 && call.hook === 'order-sign'
        ? json({ message: `The service is busy (${call.stage.word}).` }, 503, { 'retry-after': String(call.stage.seconds(8)) })
        : answered(call),
  }),
  crd('E5h', 'G12', 'the connection of each hook at signing is reset after the request was read', {
    answer: (call) => (call.hook === 'order-sign' ? act('reset') : answered(call)),
  }),
  crd('V2', 'G2', 'two versions of CRD are offered', {}),
  crd('A', 'G14', 'nothing: the operator states how the system is made', {}, 'statements'),
];
