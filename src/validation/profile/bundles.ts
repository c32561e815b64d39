import type { Json } from '../../core/model.ts';
import { isAbsolute } from '../definitions/addresses.ts';
import { resourceTypes } from '../definitions/resource-types.ts';
import { isElement, listOf } from '../fhirpath/index.ts';
import { type Context, report } from './context.ts';

type Element = { readonly [key: string]: Json };

/** Resources of a Bundle by fullUrl, by `Type/id`, and by `Type/id/_history/version`. */
export function bundleIndex(bundle: Json): ReadonlyMap<string, Json> {
  const index = new Map<string, Json>();
  for (const { fullUrl, resource } of entriesOf(bundle)) {
    if (!isElement(resource)) continue;
    if (typeof fullUrl === 'string') index.set(fullUrl, resource);
    if (typeof resource['id'] !== 'string') continue;
    const name = `${String(resource['resourceType'])}/${resource['id']}`;
    index.set(name, resource);
    const version = isElement(resource['meta']) ? resource['meta']['versionId'] : undefined;
    if (typeof version === 'string') index.set(`${name}/_history/${version}`, resource);
  }
  return index;
}

const entriesOf = (bundle: Json): readonly Element[] => (isElement(bundle) ? listOf(bundle['entry']).filter(isElement) : []);

/** What a Bundle says of itself as a whole. */
export function checkBundle(bundle: Json, at: Context): void {
  if (!isElement(bundle)) return;
  checkFullUrls(bundle, at);
  checkLinks(bundle, at);
  if (bundle['type'] === 'searchset') checkSearch(bundle, at);
  if (bundle['type'] === 'document') checkDocument(bundle, at);
}

const restful = /^https?:\/\/.+\/([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/;

/**
 * Bundles whose entries are named, where they can be: https://hl7.org/fhir/R4/bundle-definitions.html#Bundle.entry.fullUrl. Of a collection only a warning says
 * so, since the draft orders in the examples of CDS Hooks lack it.
 */
const named = { document: 'error', message: 'error', searchset: 'error', history: 'error', collection: 'warning' } as const;

/** A fullUrl that looks like a RESTful address names the type and id of its resource (https://hl7.org/fhir/R4/bundle.html#bundle-unique). */
function checkFullUrls(bundle: Element, at: Context): void {
  const type = Object.hasOwn(named, String(bundle['type'])) ? (bundle['type'] as keyof typeof named) : undefined;
  entriesOf(bundle).forEach(({ fullUrl, resource }, i) => {
    if (!isElement(resource)) return;
    const { resourceType, id } = resource;
    if (fullUrl === undefined && id !== undefined && type !== undefined)
      report(at, named[type], 'bundle.fullUrl', 'An entry with an identified resource has a fullUrl, but this one has none.', `entry[${i}]`);
    if (typeof fullUrl !== 'string') return;
    if (!isAbsolute(fullUrl)) report(at, 'error', 'bundle.fullUrl', 'The fullUrl is an absolute URL, but this one is relative.', `entry[${i}]`);
    const match = restful.exec(fullUrl);
    if (match?.[1] !== undefined && id === undefined && type !== undefined && resourceTypes.has(match[1]))
      report(at, 'error', 'bundle.fullUrl', `The fullUrl ends in ${match[1]}/${match[2]}, but the resource has no id.`, `entry[${i}]`);
    if (!match || typeof id !== 'string') return;
    if (match[1] !== resourceType || match[2] !== id)
      report(
        at,
        'error',
        'bundle.fullUrl',
        `The fullUrl ends in ${match[1]}/${match[2]}, but the resource is ${String(resourceType)}/${id}.`,
        `entry[${i}]`,
      );
  });
}

/** Links that lead to one place each (https://www.iana.org/assignments/link-relations, which Bundle.link.relation is bound to by its text). */
function checkLinks(bundle: Element, at: Context): void {
  const seen = new Set<string>();
  listOf(bundle['link']).forEach((link, i) => {
    const relation = isElement(link) ? link['relation'] : undefined;
    if (typeof relation !== 'string' || !/^(self|first|prev|previous|next|last)$/.test(relation)) return;
    if (seen.has(relation)) report(at, 'error', 'bundle.link', `The link '${relation}' is there twice.`, `link[${i}]`);
    seen.add(relation);
  });
}

/** Entries are what their mode says (https://hl7.org/fhir/R4/valueset-search-entry-mode.html), and what was searched for. */
function checkSearch(bundle: Element, at: Context): void {
  const self = listOf(bundle['link']).find((link) => isElement(link) && link['relation'] === 'self');
  const url = isElement(self) && typeof self['url'] === 'string' ? self['url'] : '';
  const type = /(?:^|\/)([A-Z][A-Za-z]+)(?:\/_search)?(?:\?|$)/.exec(url)?.[1];
  entriesOf(bundle).forEach(({ resource, search }, i) => {
    if (!isElement(resource)) return;
    const mode = isElement(search) ? search['mode'] : undefined;
    const { resourceType, id } = resource;
    const here = `entry[${i}].resource`;
    if (id === undefined && resourceType !== 'OperationOutcome') report(at, 'error', 'bundle.search', 'What a search finds has an id.', here);
    if (mode === 'outcome' && resourceType !== 'OperationOutcome')
      report(at, 'error', 'bundle.search', `An entry of mode outcome is an OperationOutcome, but this is a ${String(resourceType)}.`, here);
    if (mode === 'match' && type !== undefined && resourceType !== type)
      report(at, 'error', 'bundle.search', `${type} was searched for, but this match is a ${String(resourceType)}.`, here);
  });
}

/** Elements of a Composition whose targets belong into the document (https://hl7.org/fhir/R4/documents.html#content). */
const included = ['subject', 'encounter', 'author', 'custodian'] as const;

function checkDocument(bundle: Element, at: Context): void {
  const [first] = entriesOf(bundle);
  const composition = first?.['resource'];
  if (!isElement(composition) || composition['resourceType'] !== 'Composition') return;
  const base = typeof first?.['fullUrl'] === 'string' ? (/^(https?:\/\/.+\/)[A-Z][A-Za-z]+\/[^/]+$/.exec(first['fullUrl'])?.[1] ?? '') : '';
  const wanted = [...included.flatMap((name) => listOf(composition[name])), ...sectionEntries(composition)];
  for (const each of wanted) {
    const reference = isElement(each) ? each['reference'] : undefined;
    if (typeof reference !== 'string' || reference.startsWith('#')) continue;
    if (isThere(reference, base, at)) continue;
    report(
      at,
      'error',
      'bundle.document',
      `The Composition refers to '${reference.slice(0, 80)}', which is not in the document.`,
      'entry[0].resource',
    );
  }
}

/** A reference to a version needs that version, unless the resource does not say which one it is. */
function isThere(reference: string, base: string, at: Context): boolean {
  const [plain = '', version] = reference.split('/_history/');
  const target = [plain, `${base}${plain}`, plain.startsWith(base) ? plain.slice(base.length) : plain]
    .map((key) => at.bundle?.get(key))
    .find((each) => each !== undefined);
  if (!isElement(target)) return false;
  const stated = isElement(target['meta']) ? target['meta']['versionId'] : undefined;
  const name = `${String(target['resourceType'])}/${String(target['id'])}`;
  return version === undefined || stated === undefined || at.bundle?.has(`${name}/_history/${version}`) === true;
}

const sectionEntries = (holder: Element): readonly Json[] =>
  listOf(holder['section'])
    .filter(isElement)
    .flatMap((section) => [...listOf(section['entry']), ...listOf(section['author']), ...listOf(section['focus']), ...sectionEntries(section)]);
