import { asArray, asString, at, isObject, type JsonObject, jsonOf } from '../../src/core/fhir.ts';
import { fail, notApplicable, notReached, pass, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Exchange, Finding, Json } from '../../src/core/model.ts';
import { unusable } from '../../src/core/rubric/language.ts';
import { ordering } from '../../src/core/steps.ts';
import { group } from '../group.ts';
import { cdsHooks, crd, useCase } from '../sources.ts';
import { eachCard, eachInformation } from './alter.ts';
import { answeredCalls, cardsOf, extensionUrl, listIn, onCards, onInformation, rule, shown } from './lib.ts';

/** What is there, but not as what it was meant: a number for a text, an object for a list, a template for a sentence. */

type Kind = 'text' | 'true or false' | 'an object' | 'a list of objects' | 'an object, or in a delete a text';
type Attributes = Readonly<Record<string, Kind>>;

const isKind: Readonly<Record<Kind, (value: Json, of: JsonObject) => boolean>> = {
  text: (value) => typeof value === 'string',
  'true or false': (value) => typeof value === 'boolean',
  'an object': isObject,
  'a list of objects': (value) => Array.isArray(value) && value.every((each: Json) => isObject(each)),
  // "Use of this field to communicate a string of a FHIR id for delete suggestions is DEPRECATED".
  'an object, or in a delete a text': (value, of) => isObject(value) || (of['type'] === 'delete' && typeof value === 'string'),
};

/** Source: https://cds-hooks.hl7.org/2.0/#card-attributes and what follows there. */
const card: Attributes = {
  uuid: 'text',
  summary: 'text',
  detail: 'text',
  indicator: 'text',
  source: 'an object',
  suggestions: 'a list of objects',
  selectionBehavior: 'text',
  overrideReasons: 'a list of objects',
  links: 'a list of objects',
};
const source: Attributes = { label: 'text', topic: 'an object' };
const suggestion: Attributes = { label: 'text', uuid: 'text', isRecommended: 'true or false', actions: 'a list of objects' };
const action: Attributes = { type: 'text', description: 'text', resource: 'an object, or in a delete a text', resourceId: 'text' };
const link: Attributes = { label: 'text', url: 'text', type: 'text', appContext: 'text', autolaunchable: 'true or false' };

/** The first attribute of another kind, in words; null is the business of crd.json.no-null-empty. */
function oddIn(value: JsonObject, attributes: Attributes, path: string): string | undefined {
  for (const [name, kind] of Object.entries(attributes)) {
    const seen = value[name];
    if (seen !== undefined && seen !== null && !isKind[kind](seen, value)) return `${path}.${name} is ${shown(seen)}, not ${kind}`;
  }
  return undefined;
}

function oddInCard(each: JsonObject): string | undefined {
  const own = isObject(each['source']) ? oddIn(each['source'], source, 'source') : undefined;
  const suggested = listIn(each, 'suggestions');
  return (
    oddIn(each, card, 'card') ??
    own ??
    [
      ...suggested.map((one) => oddIn(one, suggestion, 'suggestion')),
      ...suggested.flatMap((one) => listIn(one, 'actions')).map((one) => oddIn(one, action, 'action')),
      ...listIn(each, 'links').map((one) => oddIn(one, link, 'link')),
    ].find((odd) => odd !== undefined)
  );
}

function oddInAnswer(exchange: Exchange, body: Json | undefined): Finding {
  const expected = 'each attribute of the kind that CDS Hooks gives it';
  const bare = ['cards', 'systemActions'].find((name) => asArray(at(body, name)).some((each) => !isObject(each) && each !== null));
  if (bare !== undefined) return fail(exchange, expected, `${bare} holds something that is no object`);
  const odd = [...cardsOf(exchange).map(oddInCard), ...listIn(body, 'systemActions').map((one) => oddIn(one, action, 'systemAction'))].find(
    (each) => each !== undefined,
  );
  return odd === undefined ? pass : fail(exchange, expected, odd);
}

/** What a machine wrote where a person should read. */
const machine = /\bundefined\b|\bNaN\b|\[object Object\]|^null$/;
function wordless(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  if (machine.test(text)) return 'a value that a program did not have';
  const why = unusable(text);
  // A label may be one word, and a summary may end as it likes.
  return why === 'markup' || why === 'a placeholder without its words' ? why : undefined;
}

/** Types that each part of coverage information may have. */
const valueKinds: Readonly<Record<string, readonly string[]>> = {
  coverage: ['valueReference'],
  covered: ['valueCode'],
  'pa-needed': ['valueCode'],
  'doc-needed': ['valueCode'],
  'doc-purpose': ['valueCode'],
  'info-needed': ['valueCode'],
  billingCode: ['valueCoding'],
  reason: ['valueCodeableConcept'],
  dependency: ['valueReference'],
  questionnaire: ['valueCanonical'],
  response: ['valueReference'],
  // A date up to CRD 2.2.1; whoever says the time as well says no less.
  date: ['valueDate', 'valueDateTime'],
  'coverage-assertion-id': ['valueString', 'valueIdentifier'],
  'satisfied-pa-id': ['valueString', 'valueIdentifier'],
  contact: ['valueContactPoint'],
};
const texts = new Set(['valueCode', 'valueCanonical', 'valueDate', 'valueDateTime', 'valueString']);
const day = /^\d{4}(-\d{2}(-\d{2}(T.+)?)?)?$/;

function oddPart(part: Json): string | undefined {
  const name = asString(at(part, 'url')) ?? '';
  const allowed = valueKinds[name];
  if (!isObject(part) || allowed === undefined) return undefined;
  const values = Object.keys(part).filter((key) => key.startsWith('value'));
  const odd = values.find((key) => !allowed.includes(key)) ?? (values.length === 1 ? undefined : values.join(' and '));
  if (odd !== undefined) return `${name} with ${odd || 'no value'}`;
  const [key = ''] = values;
  const value = part[key];
  const fits = texts.has(key)
    ? typeof value === 'string' && value.trim() !== '' && (!key.startsWith('valueDate') || day.test(value))
    : isObject(value);
  // "An absolute URI that is used to identify this questionnaire": a relative one names none.
  const placeless = key === 'valueCanonical' && typeof value === 'string' && !/^([a-z][a-z0-9+.-]*:|#)/i.test(value);
  return fits && !placeless ? undefined : `${name} with ${key} ${shown(value)}`;
}

const informed = (resource: JsonObject): readonly Json[] =>
  asArray(resource['extension'])
    .filter((each) => at(each, 'url') === extensionUrl)
    .flatMap((each) => asArray(at(each, 'extension')));

export const typeChecks: readonly Check[] = group({ scenarios: ordering, lines: ['L2'], holds: [{ ig: guides.crd }] }, [
  {
    id: 'crd.card.types',
    level: 'SHALL',
    text: 'Each attribute of cards, sources, suggestions, actions and links has the type that CDS Hooks gives it: lists are lists, texts are texts.',
    source: cdsHooks('#card-attributes'),
    judge(evidence) {
      const calls = answeredCalls(evidence);
      if (calls.length === 0) return notReached(evidence, { step: 'cds.hook' });
      // Whether they are lists at all is judged by crd.invoke.success.
      const telling = calls.filter(({ response }) => ['cards', 'systemActions'].some((name) => asArray(at(jsonOf(response), name)).length > 0));
      if (telling.length === 0) return notApplicable('no card and no action was returned');
      return worst(telling.map((exchange) => oddInAnswer(exchange, jsonOf(exchange.response))));
    },
    faults: [
      {
        name: 'gives the links of a card as one object',
        at: 'cds.hook',
        alter: eachCard((each) => (Array.isArray(each['links']) ? { ...each, links: each['links'][0] ?? {} } : each)),
        alsoFails: { 'crd.card.external-reference': 'an object holds no link that a reader of lists would find' },
      },
      {
        name: 'gives appContext as an object',
        at: 'cds.hook',
        alter: eachCard((each) => ({
          ...each,
          ...(each['links'] === undefined
            ? {}
            : { links: listIn(each, 'links').map((one) => (one['appContext'] === undefined ? one : { ...one, appContext: { order: 'x' } })) }),
        })),
      },
    ],
  },
  {
    id: 'crd.card.words',
    level: 'FAST',
    text: 'What a card says can be read by a clinician: no placeholders, no markup, no values that a program did not have.',
    source: useCase('Scenario 2'),
    judge: onCards((each, exchange) => {
      const said = [
        each['summary'],
        at(each, 'source', 'label'),
        ...listIn(each, 'suggestions').map((one) => one['label']),
        ...listIn(each, 'links').map((one) => one['label']),
        ...listIn(each, 'overrideReasons').map((one) => one['display']),
      ];
      const [text, why] = said.map((one) => [asString(one), wordless(asString(one))] as const).find(([, odd]) => odd !== undefined) ?? [];
      if (why !== undefined) return fail(exchange, 'words for a clinician on every card', `${why}: ${text}`);
      // A detail is Markdown, which may hold markup.
      const detail = wordless(asString(each['detail']));
      return detail === undefined || detail === 'markup'
        ? pass
        : fail(exchange, 'words for a clinician on every card', `${detail} in the detail of "${each['summary']}"`);
    }),
    faults: [
      {
        name: 'forgets to fill in the name of the service',
        at: 'cds.hook',
        alter: eachCard((each) => ({ ...each, summary: 'Authorization is needed for {{order.display}}' })),
      },
    ],
  },
  {
    id: 'crd.coverage.part-types',
    level: 'SHALL',
    text: 'Each part of coverage information has one value, of the type that the extension gives it.',
    source: crd('StructureDefinition-ext-coverage-information.html'),
    judge: onInformation((information) => {
      const odd = informed(information.resource)
        .map(oddPart)
        .find((each) => each !== undefined);
      return rule(odd === undefined, information, 'parts with the value types of the extension', odd ?? '');
    }),
    faults: [
      {
        name: 'says covered as a text',
        at: 'cds.hook',
        alter: eachInformation((parts) =>
          parts.map((each) => (each['url'] === 'covered' ? { url: 'covered', valueString: each['valueCode'] ?? '' } : each)),
        ),
      },
      {
        name: 'names a questionnaire by a relative reference (F3.5)',
        at: 'cds.hook',
        alter: eachInformation((parts) =>
          parts.map((each) => (each['url'] === 'questionnaire' ? { url: 'questionnaire', valueCanonical: 'Questionnaire/17' } : each)),
        ),
      },
      {
        name: 'writes the date as Americans do',
        at: 'cds.hook',
        alter: eachInformation((parts) => parts.map((each) => (each['url'] === 'date' ? { url: 'date', valueDate: '01/05/2026' } : each))),
      },
    ],
  },
]);
