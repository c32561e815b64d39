import { isAppContent } from '../../src/core/app-link.ts';
import {
  asArray,
  asString,
  at,
  entriesOf,
  isObject,
  isResource,
  type JsonObject,
  jsonOf,
  literalReference,
  type Resource,
} from '../../src/core/fhir.ts';
import { select, statusOf } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Evidence, Exchange, Json } from '../../src/core/model.ts';
import { type Applies, allOf, anyOf, declaresOperation, declaresSearchParam, declaresType, follows, followsUsCoreServer } from '../applies.ts';
import { pagesOf } from '../sec/lib.ts';

export const documentReferences: Applies = allOf(
  anyOf(followsUsCoreServer, declaresSearchParam('DocumentReference', 'patient'), follows(guides.pdex)),
  declaresType('DocumentReference'),
);
/** $docref binds those who claim the whole US Core server or declare the operation. */
export const offersDocref: Applies = allOf(
  anyOf(followsUsCoreServer, declaresOperation('DocumentReference', 'docref')),
  declaresType('DocumentReference'),
);

export const docrefAnswer = (evidence: Evidence): Exchange | undefined => {
  const [posted] = select(evidence, { step: 'docref', variant: 'post' });
  return posted ?? select(evidence, { step: 'docref', variant: 'get' })[0];
};

/** DocumentReferences that the run has seen: listed, and those that $docref made. */
export function references(evidence: Evidence): readonly { readonly exchange: Exchange; readonly resource: Resource }[] {
  const [list] = select(evidence, { step: 'search', variant: 'doc:list' });
  const made = docrefAnswer(evidence);
  return [...(list ? pagesOf(evidence, list) : []), ...(made ? [made] : [])].flatMap((exchange) =>
    entriesOf(jsonOf(exchange.response)).flatMap(({ resource }) => (resource?.resourceType === 'DocumentReference' ? [{ exchange, resource }] : [])),
  );
}

export interface Held {
  readonly exchange: Exchange;
  readonly resource: Resource;
  readonly attachment: JsonObject;
}
export const attachments = (evidence: Evidence): readonly Held[] =>
  references(evidence).flatMap(({ exchange, resource }) =>
    asArray(resource['content']).flatMap((content) => {
      const attachment = at(content, 'attachment');
      // An app is launched, not fetched.
      if (isAppContent(resource, content)) return [];
      return isObject(attachment) ? [{ exchange, resource, attachment }] : [];
    }),
  );

/** What came of fetching an attachment. */
export const fetched = (evidence: Evidence, attachment: JsonObject): Exchange | undefined => {
  const url = asString(attachment['url']);
  return url === undefined
    ? undefined
    : evidence.exchanges.find(
        (each) =>
          (each.step === 'binary' || each.step === 'document') &&
          (each.variant ?? '').startsWith('attachment') &&
          (each.request.url === url || each.request.url.endsWith(`/${url.replace(/^\//, '')}`)),
      );
};

/** Bytes of base64 without decoding it. */
export const sizeOf = (base64: string): number => Math.floor((base64.replace(/[\s=]/g, '').length * 3) / 4);
export const isStatic = ({ attachment }: Held): boolean => !/xml|fhir/.test(asString(attachment['contentType']) ?? '');
export const noCcd = 'no C-CDA document was fetched';
export const ccdas = (evidence: Evidence): readonly Exchange[] =>
  select(evidence, {
    step: 'binary',
    where: (each) =>
      (each.variant ?? '').startsWith('attachment') && (each.facts?.['ccda.root'] !== undefined || each.facts?.['ccda.problem'] !== undefined),
  });
export const bundles = (evidence: Evidence): readonly Exchange[] =>
  select(evidence, {
    step: 'document',
    where: (each) => at(jsonOf(each.response), 'type') === 'document' || (statusOf(each) === 200 && isResource(jsonOf(each.response), 'Bundle')),
  });

/** Does a reference of a document resolve inside it? */
export function resolver(bundle: Json | undefined): (reference: Json | undefined, within: JsonObject) => boolean {
  const entries = entriesOf(bundle);
  const names = new Set(entries.flatMap(({ fullUrl, resource }) => [fullUrl, resource ? `${resource.resourceType}/${resource['id']}` : undefined]));
  return (reference, within) => {
    const text = asString(reference);
    if (text === undefined) return true;
    if (text.startsWith('#')) return asArray(within['contained']).some((each) => at(each, 'id') === text.slice(1));
    return names.has(text) || names.has(literalReference(text));
  };
}

export const sectionsOf = (composition: Json | undefined): readonly Json[] =>
  asArray(at(composition, 'section')).flatMap((section) => [section, ...sectionsOf(section)]);

export function documentProblem(bundle: Json | undefined): string | undefined {
  const [head] = entriesOf(bundle);
  if (at(bundle, 'type') !== 'document') return `Bundle.type ${at(bundle, 'type')}`;
  if (!asString(at(bundle, 'identifier', 'system')) || !asString(at(bundle, 'identifier', 'value'))) return 'no identifier with system and value';
  if (!asString(at(bundle, 'timestamp'))) return 'no timestamp';
  const composition = head?.resource;
  if (composition?.resourceType !== 'Composition') return `the first entry is ${composition?.resourceType ?? 'absent'}`;
  const resolves = resolver(bundle);
  const wanted = [
    at(composition, 'subject', 'reference'),
    ...asArray(composition['author']).map((each) => at(each, 'reference')),
    ...sectionsOf(composition).flatMap((section) => asArray(at(section, 'entry')).map((each) => at(each, 'reference'))),
  ];
  const lost = wanted.find((each) => !resolves(each, composition));
  return lost === undefined ? undefined : `the Composition refers to ${lost}, which is not in the Bundle`;
}
