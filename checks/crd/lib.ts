import { hooks } from '../../src/client/requests/crd/hooks.ts';
import { versionOf } from '../../src/core/binding.ts';
import {
  asArray,
  asObject,
  asString,
  at,
  entriesOf,
  isJsonMedia,
  isObject,
  isResource,
  type JsonObject,
  jsonOf,
  literalReference,
  mediaTypeOf,
  requestJsonOf,
} from '../../src/core/fhir.ts';
import {
  check,
  clip,
  fail,
  headerOf,
  inWords,
  notApplicable,
  notReached,
  notTestable,
  pass,
  select,
  statusOf,
  type Words,
  warn,
  worst,
} from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import { memo } from '../../src/core/memo.ts';
import type { Evidence, Exchange, Finding, Json, Variant } from '../../src/core/model.ts';
import { toldIn } from '../../src/core/subjects.ts';
import { compareVersions } from '../../src/core/versions.ts';
import { follows } from '../applies.ts';

/** Reading CRD answers: cards, system actions, coverage information; and which rows bind this service. */

export const extensionUrl = 'http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information';

/** The service follows CRD from this edition on. One that does not say its version might (`may`), but is held to nothing that only newer ones ask (`does`). */
export const mayFollow = (evidence: Evidence, from: string): boolean => compareVersions(versionOf(evidence, guides.crd) ?? from, from) >= 0;
export const doesFollow = (evidence: Evidence, from: string): boolean => compareVersions(versionOf(evidence, guides.crd) ?? '0', from) >= 0;
/** It says that it follows an edition before 2.1. */
export const isFirstCrd2 = (evidence: Evidence): boolean => !mayFollow(evidence, '2.1.0');

export const services = memo((evidence: Evidence): readonly JsonObject[] =>
  asArray(at(jsonOf(select(evidence, { step: 'cds.discovery' })[0]?.response), 'services')).filter(isObject),
);

/** Judges each service of the discovery answer. */
export const onServices =
  (
    judge: (service: JsonObject, exchange: Exchange, evidence: Evidence) => Finding,
    which: (service: JsonObject) => boolean = () => true,
    kind = 'services',
  ) =>
  (evidence: Evidence): Finding => {
    const exchange = select(evidence, { step: 'cds.discovery' })[0];
    if (!exchange?.response) return notReached(evidence, { step: 'cds.discovery' });
    const all = services(evidence).filter(which);
    return all.length === 0
      ? notApplicable(`discovery lists no ${kind} (see crd.discovery.hooks)`)
      : worst(all.map((service) => judge(service, exchange, evidence)));
  };

/** Judges each service of a hook that CRD has: another one is of another guide, next to those of CRD. */
export const onCrdServices = (judge: Parameters<typeof onServices>[0]) =>
  onServices(judge, (service) => hooks.some((hook) => hook === service['hook']), 'services of a hook of CRD');

/** Honest hook calls answered with 200, in order. */
export const answeredCalls = memo((evidence: Evidence): readonly Exchange[] =>
  select(evidence, { step: 'cds.hook', where: (each) => statusOf(each) === 200 && !(each.variant ?? '').endsWith(':timing') }),
);

/** Judges one honest variant; absent = not reached. */
export const onVariant =
  (variant: Variant<'cds.hook'>, judge: (exchange: Exchange, evidence: Evidence) => Finding) =>
  (evidence: Evidence): Finding => {
    const exchange = select(evidence, { step: 'cds.hook', variant })[0];
    return exchange?.response ? judge(exchange, evidence) : notReached(evidence, { step: 'cds.hook', variant });
  };

export const cardsOf = memo(({ response }: Exchange): readonly JsonObject[] => asArray(at(jsonOf(response), 'cards')).filter(isObject));
export const actionsOf = memo(({ response }: Exchange): readonly JsonObject[] => asArray(at(jsonOf(response), 'systemActions')).filter(isObject));
/** The objects in a list of a card, a suggestion or an answer. */
export const listIn = (value: Json | undefined, name: string): readonly JsonObject[] => asArray(at(value, name)).filter(isObject);
export const bodyOf = ({ request }: Exchange): Json | undefined => requestJsonOf(request);

/** Every resource that a call carried, by `Type/id`: prefetched and in its context, alone or in a Bundle. */
export const sentResources = memo((exchange: Exchange): ReadonlyMap<string, JsonObject> => {
  const found = new Map<string, JsonObject>();
  const add = (value: Json | undefined): void => {
    if (!isResource(value)) return;
    if (typeof value['id'] === 'string') found.set(`${value.resourceType}/${value['id']}`, value);
    for (const { resource } of entriesOf(value)) add(resource);
  };
  const body = asObject(bodyOf(exchange));
  for (const each of [...Object.values(asObject(body['prefetch'])), ...Object.values(asObject(body['context']))]) add(each);
  return found;
});

/** What services of this run can know of our EHR, by `Type/id`: what any call carried, and what was read there. */
export const ourResources = memo(
  (evidence: Evidence): ReadonlySet<string> =>
    new Set([
      ...select(evidence, { step: 'cds.hook', probe: '*' }).flatMap((each) => [...sentResources(each).keys()]),
      ...select(evidence, { step: 'ehr.callback' }).flatMap(({ response }) =>
        toldIn(jsonOf(response)).map(({ resource }) => `${resource.resourceType}/${String(resource['id'])}`),
      ),
    ]),
);

/** What was read on our EHR and not kept may have been the one that is not found: no verdict then. */
export const readUnkept = (evidence: Evidence): Finding | undefined =>
  select(evidence, { step: 'ehr.callback' }).some(({ response }) => response === null)
    ? notTestable('What the service read on our EHR was not kept whole, so what it names cannot be looked up.', 'ours')
    : undefined;

/** All cards of honest answers. */
export const cardsIn = memo((evidence: Evidence): readonly { readonly card: JsonObject; readonly exchange: Exchange }[] =>
  answeredCalls(evidence).flatMap((exchange) => cardsOf(exchange).map((card) => ({ card, exchange }))),
);

/** Judges each card of every honest answer; no card at all = not applicable. */
export const onCards =
  (judge: (card: JsonObject, exchange: Exchange, evidence: Evidence) => Finding) =>
  (evidence: Evidence): Finding => {
    const calls = answeredCalls(evidence);
    if (calls.length === 0) return notReached(evidence, { step: 'cds.hook' });
    const all = cardsIn(evidence);
    return all.length === 0 ? notApplicable('no card was returned') : worst(all.map(({ card, exchange }) => judge(card, exchange, evidence)));
  };

/** One rule for all that a CDS service answers, discovery and hooks. Source: https://cds-hooks.hl7.org/2.0/#http-response */
export const inCdsJson = (exchange: Exchange): Finding =>
  check(isJsonMedia(mediaTypeOf(exchange.response)), exchange, 'Content-Type application/json', headerOf(exchange, 'content-type') ?? 'absent');

/** One repetition of the coverage-information extension, its parts by name. */
export interface Information {
  readonly exchange: Exchange;
  readonly hook: string;
  readonly resource: JsonObject;
  /** Values of each part, whatever their type. */
  readonly parts: ReadonlyMap<string, readonly Json[]>;
}

export const partOf = ({ parts }: Information, part: string): Json | undefined => parts.get(part)?.[0];
export const partsOf = ({ parts }: Information, part: string): readonly Json[] => parts.get(part) ?? [];

export const informationOf = memo((exchange: Exchange): readonly Information[] => {
  const hook = asString(at(bodyOf(exchange), 'hook')) ?? '';
  return actionsOf(exchange).flatMap(({ resource }) =>
    isObject(resource) ? informationOn(resource).map((parts) => ({ exchange, hook, resource, parts })) : [],
  );
});

/** Every repetition of coverage information on a resource, wherever it came from. */
export const informationOn = (resource: Json | undefined): readonly ReadonlyMap<string, readonly Json[]>[] =>
  asArray(at(resource, 'extension'))
    .filter((each) => at(each, 'url') === extensionUrl)
    .map(partsIn);

/** What a repetition says, without when it was said and under which id: equal for equal opinions. */
export const saying = (parts: ReadonlyMap<string, readonly Json[]>): Json =>
  Object.fromEntries([...parts].filter(([name]) => name !== 'date' && name !== 'coverage-assertion-id'));

function partsIn(extension: Json): ReadonlyMap<string, readonly Json[]> {
  const parts = new Map<string, Json[]>();
  const given = asArray(at(extension, 'extension'));
  for (let nth = 0; nth < given.length; nth++) {
    const part = given[nth];
    if (!isObject(part)) continue;
    const name = asString(part['url']) ?? '';
    const values = parts.get(name) ?? [];
    parts.set(name, values);
    const keys = Object.keys(part);
    for (let key = 0; key < keys.length; key++) if (keys[key]?.startsWith('value')) values.push(part[keys[key] ?? ''] ?? null);
  }
  return parts;
}

/** All that honest answers of a run say of coverage. */
export const informationIn = memo((evidence: Evidence): readonly Information[] => answeredCalls(evidence).flatMap(informationOf));

/** Judges each repetition of coverage information in honest answers. */
export const onInformation =
  (judge: (information: Information, evidence: Evidence) => Finding) =>
  (evidence: Evidence): Finding => {
    const calls = answeredCalls(evidence);
    if (calls.length === 0) return notReached(evidence, { step: 'cds.hook' });
    const all = informationIn(evidence);
    return all.length === 0
      ? notApplicable('no coverage information was returned (graded by crd.coverage.primary-hooks)')
      : worst(all.map((each) => judge(each, evidence)));
  };

/** The rule holds for this piece of coverage information, or fails in these words. */
export const rule = (holds: boolean, { exchange }: Information, expected: string, actual: Words): Finding =>
  holds ? pass : fail(exchange, expected, inWords(actual));
export const softRule = (holds: boolean, { exchange }: Information, expected: string, actual: Words): Finding =>
  holds ? pass : warn(exchange, expected, inWords(actual));

/** What an answer asserts, without dates, ids and uuids: equal for equal opinions. */
export function opinionOf(exchange: Exchange): string {
  const opinions = informationOf(exchange).map(
    (each) =>
      `${literalReference(at(partOf(each, 'coverage'), 'reference'))} ${each.resource['id']} ${['covered', 'pa-needed', 'doc-needed', 'info-needed'].map((part) => partsOf(each, part).join('+')).join(' ')}`,
  );
  return JSON.stringify([cardsOf(exchange).map((card) => card['summary']), opinions]);
}

export const shown = (value: Json | undefined): string => (value === undefined ? 'absent' : clip(JSON.stringify(value), 120));

export const followsCrd = follows(guides.crd);
