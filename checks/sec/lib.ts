import { entriesOf, isResource, jsonOf, literalReference, type Resource } from '../../src/core/fhir.ts';
import { check, fail, notApplicable, notReached, pass, select, statusOf, unanswered, worst } from '../../src/core/findings.ts';
import type { Evidence, Exchange, Finding, SectionKey, WireRequest } from '../../src/core/model.ts';
import { queryOf } from '../../src/core/url.ts';
import type { Alter } from '../alter.ts';
import { disclosedIn } from '../id/disclosed.ts';
import { pagesUnread } from '../rest/bundles.ts';

/** One section's answer over all its pages. */
export interface Section {
  readonly exchange: Exchange;
  readonly pages: readonly Exchange[];
  readonly matches: readonly Resource[];
  readonly includes: readonly Resource[];
  /** Why what is not here may stand on a page that we did not read. */
  readonly unread: Finding | undefined;
}

/** The exchange and the pages that follow from it, in order. */
export function pagesOf(evidence: Evidence, first: Exchange): readonly Exchange[] {
  const pages = [first];
  for (let next = follower(evidence, first); next && pages.length < 100; next = follower(evidence, next)) pages.push(next);
  return pages;
}

const follower = (evidence: Evidence, { index }: Exchange): Exchange | undefined =>
  evidence.exchanges.find((each) => each.step === 'page' && each.follows === index);

export function sectionOf(evidence: Evidence, first: Exchange, type: string): Section {
  const pages = pagesOf(evidence, first);
  const entries = pages.flatMap((page) => entriesOf(jsonOf(page.response)));
  const resources = (include: boolean) =>
    entries.flatMap(({ resource, mode }) => (resource && (mode === 'include') === include && mode !== 'outcome' ? [resource] : []));
  return {
    exchange: first,
    pages,
    unread: pagesUnread(pages),
    matches: resources(false).filter((each) => each.resourceType === type),
    includes: [...resources(true), ...resources(false).filter((each) => each.resourceType !== type)],
  };
}

/** The answered search of a section: the plain one, or the one with status values where the server insisted on them. */
export function sectionNamed(evidence: Evidence, key: SectionKey, type: string): Section | undefined {
  const plain = select(evidence, { step: 'search', variant: `sec:${key}` })[0];
  const withStatus = select(evidence, { step: 'search', variant: `sec:${key}:status` })[0];
  const used = plain && statusOf(plain) === 400 && withStatus ? withStatus : plain;
  return used && sectionOf(evidence, used, type);
}

/** Judges one section that was answered with 200; rows of another member fail it whatever the judge looks for. */
export const onSection =
  (key: SectionKey, type: string, judge: (section: Section, evidence: Evidence) => Finding) =>
  (evidence: Evidence): Finding => {
    const section = sectionNamed(evidence, key, type);
    if (!section) return notReached(evidence, { step: 'search', variant: `sec:${key}` });
    const silent = unanswered(section.exchange);
    if (silent) return silent;
    const seen = statusOf(section.exchange);
    if (seen !== 200) return fail(section.exchange, `200 with a searchset of ${type}`, `status ${seen} to ${section.exchange.request.url}`);
    if (!isResource(jsonOf(section.exchange.response), 'Bundle')) return fail(section.exchange, 'a searchset Bundle', 'another body');
    return disclosedIn(section.pages, evidence) ?? judge(section, evidence);
  };

/** Every match fits; the first that does not speaks. */
export function everyMatch(
  { exchange, matches }: Section,
  fits: (resource: Resource) => boolean,
  expected: string,
  seen: (resource: Resource) => string,
): Finding {
  if (matches.length === 0) return notApplicable(`the member has no such resource here (${exchange.request.url})`);
  const odd = matches.find((each) => !fits(each));
  return odd ? fail(exchange, expected, `${odd.resourceType}/${odd['id']}: ${seen(odd)}`) : pass;
}

/** Ids that the operator says the payer holds, by type; undefined when nothing is known. */
export const holdings = ({ target }: Evidence, type: string): readonly string[] | undefined => target.members.known?.holds?.[type];

/** Nothing of the ground truth is missing. */
export function holdsAll({ exchange, matches, unread: later }: Section, wanted: readonly string[]): Finding {
  const seen = new Set(matches.map((each) => each['id']));
  const lost = wanted.filter((id) => !seen.has(id));
  if (lost.length > 0 && later) return later;
  return check(
    lost.length === 0,
    exchange,
    `all ${wanted.length} that the operator knows of`,
    `${lost.length} missing: ${lost.slice(0, 5).join(', ')}`,
  );
}

export const idsOf = ({ matches }: Section): string =>
  matches
    .map((each) => String(each['id']))
    .sort()
    .join(',');

/** First element that says whom a resource is about. */
export const subjectOf = (resource: Resource): string | undefined =>
  ['patient', 'subject', 'beneficiary']
    .map((name) => literalReference((resource[name] as { readonly reference?: string } | undefined)?.reference))
    .find((each) => each !== undefined);

export const all =
  (...judges: readonly ((evidence: Evidence) => Finding)[]) =>
  (evidence: Evidence): Finding =>
    worst(judges.map((judge) => judge(evidence)));

/** Is this request a search on the type with exactly these parameters (besides patient and _include)? */
export const asks =
  (type: string, query: Readonly<Record<string, string | true>>) =>
  ({ url, method }: WireRequest): boolean => {
    if (method !== 'GET' || !(url.split('?')[0] ?? '').endsWith(`/${type}`)) return false;
    const seen = Object.fromEntries(queryOf(url));
    return (
      'patient' in seen &&
      Object.entries(query).every(([name, value]) => (value === true ? name in seen : seen[name] === value)) &&
      Object.keys(seen).every((name) => ['patient', '_include', '_revinclude', '_count'].includes(name) || name in query)
    );
  };

/** Changes the resources of a searchset; undefined drops one. Only for requests that fit. */
export const eachResource =
  (when: (request: WireRequest) => boolean, change: (resource: Resource, index: number) => Resource | undefined): Alter =>
  (response, request) => {
    if (!when(request) || response.status !== 200) return response;
    const bundle = JSON.parse(response.body) as { entry?: { resource: Resource }[] };
    const entry = (bundle.entry ?? []).flatMap((each, index) => {
      const resource = change(each.resource, index);
      return resource === undefined ? [] : [{ ...each, resource }];
    });
    const { entry: _entry, ...rest } = bundle;
    return { ...response, body: JSON.stringify(entry.length === 0 ? rest : { ...rest, entry }) };
  };

export const first = (when: (request: WireRequest) => boolean, change: (resource: Resource) => Resource): Alter =>
  eachResource(when, (resource, index) => (index === 0 ? change(resource) : resource));
