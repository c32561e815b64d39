import { isWebPage } from '../../src/core/bare.ts';
import { noRefusal, refusedBeside, sameKind } from '../../src/core/controls.ts';
import { asArray, asString, at, entriesOf, isResource, jsonOf, linkOf, literalReference, type Resource, resourceOf } from '../../src/core/fhir.ts';
import { check, clip, fail, notAsked, notReached, notTestable, onFirst, pass, select, statusOf, unanswered, worst } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import { matchJobs } from '../../src/core/matched.ts';
import type { Check, Evidence, Exchange, Expected, Finding, Json, Known, Probe, Step, WireResponse } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { aboutSomebodyElse, change, when, withBody } from '../alter.ts';
import type { Applies } from '../applies.ts';
import { always } from '../applies.ts';
import { concerns } from '../bulk/exports.ts';
import { noteRead, withPartialFiles } from '../bulk/sample.ts';
import { group } from '../group.ts';
import { pdex22, r4, useCase } from '../sources.ts';
import { issuesIn } from './answers.ts';
import { idMissing, needsMember } from './applies.ts';
import { nothingDisclosed } from './disclosed.ts';

export const hidden: Expected = {
  status: [404, 403],
  codes: ['not-found', 'forbidden', 'suppressed', 'security'],
  names: ['id', 'Patient'],
  action: 'correct',
};
const nobodyId = 'assay-nobody-0001';

export const get = (known: Known, path: string, token = 'default') =>
  known.base === undefined ? 'no FHIR base URL is known' : { method: 'GET', url: `${known.base.replace(/\/+$/, '')}/${path}`, token };
export const ofForeign = (known: Known, path: (id: string) => string) => {
  const id = known.target.members.notAttributed?.patientId;
  return id === undefined ? 'the target file names no members.notAttributed with a patientId' : get(known, path(id));
};
export const frame = (id: string, step: Step) => ({ id: `access.${id}`, step, suite: 'access' }) as const;

const readForeign: Probe = { ...frame('read-foreign', 'read'), expected: hidden, request: (known) => ofForeign(known, (id) => `Patient/${id}`) };
const readNobody: Probe = { ...frame('read-nobody', 'read'), expected: hidden, request: (known) => get(known, `Patient/${nobodyId}`) };
const chainForeign: Probe = {
  ...frame('chain-foreign', 'search'),
  request: (known) => {
    const number = asArray(known.target.members.notAttributed?.patient['identifier'])[0];
    const [system, value] = [asString(at(number, 'system')) ?? '', asString(at(number, 'value'))];
    return value === undefined
      ? 'members.notAttributed has no identifier'
      : get(known, `Observation?patient.identifier=${encodeURIComponent(`${system}|${value}`)}`);
  },
};
const otherOrganization: Probe = {
  ...frame('other-organization', 'read'),
  expected: hidden,
  request: (known) => (known.patientId === undefined ? 'no member is matched' : get(known, `Patient/${known.patientId}`, 'other')),
};

export const foreignNamed: Applies = (evidence) => {
  const named = needsMember('notAttributed', 'a member whom this client may not see')(evidence);
  return named === true ? evidence.target.members.notAttributed?.patientId !== undefined || idMissing('notAttributed') : named;
};

/** Patients that a resource is about. */
export function patientsOf(resource: Resource): readonly string[] {
  if (resource.resourceType === 'Patient') return [asString(resource['id']) ?? ''];
  return ['subject', 'patient', 'beneficiary'].flatMap((name) => {
    const reference = literalReference(at(resource, name, 'reference'));
    return reference?.startsWith('Patient/') ? [reference.slice('Patient/'.length)] : [];
  });
}

/** Every resource of an answer: itself, or the entries of its Bundle. */
export const resourcesIn = (exchange: Exchange): readonly Resource[] => {
  const body = jsonOf(exchange.response);
  if (isResource(body, 'Bundle'))
    return entriesOf(body).flatMap((each) => (each.resource && each.resource.resourceType !== 'OperationOutcome' ? [each.resource] : []));
  return isResource(body) && body.resourceType !== 'OperationOutcome' ? [body] : [];
};

export const aboutForeign = (exchange: Exchange, { target }: Evidence): readonly Resource[] => {
  const id = target.members.notAttributed?.patientId;
  return resourcesIn(exchange).filter((each) => id !== undefined && patientsOf(each).includes(id));
};

export function hides(exchange: Exchange, evidence: Evidence): Finding {
  const leaked = aboutForeign(exchange, evidence);
  if (leaked.length > 0)
    return fail(
      exchange,
      'nothing about a member who is not our patient',
      `${leaked.length} resources: ${[...new Set(leaked.map((each) => each.resourceType))].join(', ')}`,
    );
  const none = noRefusal(exchange);
  if (none) return none;
  const seen = statusOf(exchange);
  const empty = seen === 200 && resourcesIn(exchange).length === 0;
  return check(
    empty || (seen >= 400 && seen < 500),
    exchange,
    '401, 403, 404 or an empty searchset',
    `status ${seen}: ${clip(exchange.response?.body ?? '', 80)}`,
  );
}

/** Nothing about the hidden member shows only where the same kind of question about a member of ours brings something. */
export const onProbes = (probes: readonly Probe[], judge: (exchange: Exchange, evidence: Evidence) => Finding) =>
  refusedBeside(
    probes.map(({ step, id }) => ({ step, probe: id })),
    sameKind,
    judge,
    (exchange) => resourcesIn(exchange).length > 0 || (statusOf(exchange) === 200 && !isResource(jsonOf(exchange.response))),
    (twin) => resourcesIn(twin).length > 0 || !isResource(jsonOf(twin.response)),
  );

/** Other Patients may come along only as subscriber, policy holder, payee or link of the member's own resources. */
function joinsStayWithMember(exchange: Exchange, member: string): Finding {
  const all = resourcesIn(exchange);
  const kin = new Set(
    all.flatMap((each) =>
      [
        at(each, 'subscriber'),
        at(each, 'policyHolder'),
        at(each, 'payee', 'party'),
        ...asArray(each['link']).map((link) => at(link, 'other')),
      ].flatMap((to) => literalReference(at(to, 'reference')) ?? []),
    ),
  );
  const stray = all.find((each) => patientsOf(each).some((id) => id !== member && !(each.resourceType === 'Patient' && kin.has(`Patient/${id}`))));
  return check(stray === undefined, exchange, 'only resources of the member asked for', `a ${stray?.resourceType} of another member`);
}

/** A server that does not chain may ignore the parameter and answer with what we may see anyway; its self link tells. */
function chainStaysOutside(exchange: Exchange, evidence: Evidence): Finding {
  const followed = /patient\.identifier/.test(linkOf(jsonOf(exchange.response), 'self') ?? '');
  const leaked = followed ? resourcesIn(exchange) : aboutForeign(exchange, evidence);
  if (leaked.length > 0) return fail(exchange, 'no match for a chain to a foreign member', `${leaked.length} resources`);
  return noRefusal(exchange) ?? pass;
}

const shape = (exchange: Exchange): string => `${statusOf(exchange)} ${(issuesIn(exchange) ?? []).map((issue) => issue.code).join(',')}`;

/** The known member's own answers with one resource of somebody else among the entries. */
const slipIn = (response: WireResponse, marker: RegExp, url: string): WireResponse =>
  response.status === 200 && marker.test(url)
    ? withBody(response, (body) => ({
        ...body,
        entry: [...asArray(body['entry']), { fullUrl: fullUrlBeside(url), resource: foreignObservation, search: { mode: 'include' } }],
      }))
    : response;

const fullUrlBeside = (url: string): string => `${url.split('?')[0]?.replace(/\/[A-Za-z]+$/, '')}/Observation/o-of-somebody-else`;

const followChain = (response: WireResponse, url: string): WireResponse =>
  url.includes('Observation?patient.identifier=')
    ? withBody(response, (body) => ({
        ...body,
        link: [{ relation: 'self', url }],
        entry: [{ fullUrl: fullUrlBeside(url), resource: foreignObservation, search: { mode: 'match' } }],
      }))
    : response;

export const foreignObservation: Json = {
  resourceType: 'Observation',
  id: 'o-of-somebody-else',
  status: 'final',
  code: { text: 'Body weight' },
  subject: { reference: 'Patient/somebody-else' },
};

/** Who may see whom. */
export const authzChecks: readonly Check[] = group({ scenarios: fhirApi, lines: ['L3', 'L4'], applies: foreignNamed }, [
  {
    id: 'id.authz.compartment',
    level: 'SHALL',
    text: 'Results are limited to the member the request is about and to what the requester may see.',
    source: r4('valueset-search-entry-mode.html', 'match: "This resource matched the search specification"; PDex 2.2.0 payertopayerexchange.html'),
    applies: always,
    probes: [readForeign],
    // What is asked about one member binds everybody; who may be hidden from us is known only where the target file names somebody.
    judge: (evidence) => {
      const own = nothingDisclosed(evidence);
      return foreignNamed(evidence) === true ? worst([own, onProbes([readForeign], hides)(evidence)]) : own;
    },
    faults: [
      {
        name: "answers a search for one member's allergies with another's",
        at: 'search',
        alter: when(({ url }) => /\/AllergyIntolerance\?/.test(url), aboutSomebodyElse),
        alsoFails: { 'sec.allergy.patient': 'the section holds the rows of another member' },
      },
      {
        name: "goes on with another member's rows on later pages",
        at: 'page',
        alter: aboutSomebodyElse,
        alsoFails: { 'rest.everything.limited': 'the pages of a whole record are pages, too' },
      },
      {
        name: 'shows the Patient of a foreign member',
        at: ['read', 'search'],
        behaviour: 'shows-foreign-patients',
        alsoFails: {
          'id.authz.everything': 'the record begins with the Patient that leaks',
          'id.authz.document': 'documents are made for whoever may be read',
          'id.authz.opt-out-everything': 'those who opted out are hidden by the same rule',
          'id.authz.opt-out-document': 'those who opted out are hidden by the same rule',
        },
      },
    ],
  },
  {
    id: 'id.authz.include-leak',
    level: 'SHALL',
    text: '_include, _revinclude and chained searches do not leak other members.',
    source: pdex22('payertopayerexchange.html'),
    holds: [{ ig: guides.pdex }],
    judge: (evidence) => {
      const joins = (['include', 'revinclude'] as const).flatMap((variant) =>
        select(evidence, { step: 'search', variant, where: (each) => statusOf(each) === 200 }),
      );
      if (joins.length === 0) return notReached(evidence, { step: 'search', variant: 'include' });
      const member = memberOf(evidence);
      return worst(joins.map((exchange) => (member === undefined ? pass : joinsStayWithMember(exchange, member))));
    },
    faults: [
      {
        name: 'joins a resource of another member by _revinclude',
        at: 'search',
        alter: (response, { url }) => slipIn(response, /Condition\?.*_revinclude=Provenance/, url),
        alsoFails: {
          'id.authz.compartment': 'it is about another member',
          'sec.provenance-revinclude': 'the same search, for its section',
          'rest.search.include-related': 'nobody in the answer refers to it',
        },
      },
      {
        name: 'joins a resource of another member by _include',
        at: 'search',
        alter: (response, { url }) => slipIn(response, /_include=Coverage(:|%3A)beneficiary/, url),
        alsoFails: { 'id.authz.compartment': 'it is about another member', 'rest.search.include-related': 'nobody in the answer refers to it' },
      },
    ],
  },
  {
    id: 'id.authz.chained',
    level: 'SHALL',
    text: 'A chained search does not reach a member whom the requester may not see.',
    source: pdex22('payertopayerexchange.html'),
    holds: [{ ig: guides.pdex }],
    probes: [chainForeign],
    judge: onProbes([chainForeign], chainStaysOutside),
    faults: [{ name: 'follows a chain to a foreign member', at: 'search', alter: (response, { url }) => followChain(response, url) }],
  },
  {
    id: 'id.authz.no-existence-oracle',
    level: 'FAST',
    lines: ['L4', 'L7'],
    text: 'For a caller without rights, a forbidden patient and an unknown patient look the same.',
    source: useCase('Scenario 1 line 4'),
    probes: [readNobody],
    judge: (evidence) => {
      const [foreign] = select(evidence, { step: 'read', probe: readForeign.id });
      const [nobody] = select(evidence, { step: 'read', probe: readNobody.id });
      if (!foreign || !nobody) return notReached(evidence, { step: 'read', probe: readNobody.id });
      const silent = unanswered(foreign) ?? unanswered(nobody);
      if (silent) return silent;
      if (statusOf(foreign) < 400)
        return notTestable('The foreign member was shown, so there is nothing left to hide (see id.authz.compartment).', 'payer');
      return check(shape(foreign) === shape(nobody), foreign, `the answer for nobody (${shape(nobody)})`, shape(foreign));
    },
    faults: [
      {
        name: 'tells by 403 that a member exists',
        at: 'read',
        alter: when(({ url }, { status }) => status === 404 && /\/Patient\/[a-z0-9]{8}-[a-z0-9]{4}$/.test(url), change({ status: 403 })),
      },
    ],
  },
  {
    id: 'id.authz.opt-out',
    level: 'SHALL',
    lines: ['L4'],
    text: 'Members who opted out of provider sharing are left out of provider results.',
    source: pdex22('provider-access-api.html'),
    holds: [{ ig: guides.pdex, from: '2.1.0' }],
    applies: ({ target }) => target.members.optedOut?.patientId !== undefined || idMissing('optedOut'),
    judge: withPartialFiles('id.authz.opt-out', (evidence) => {
      const id = evidence.target.members.optedOut?.patientId ?? '';
      // PDex lets a payer keep those who opted out on a Group of their own: only exporting that one is wrong.
      const own = asString(at(evidence.target.bulk as Json | undefined, 'optedOutGroup'));
      const lists = select(evidence, {
        step: 'group.read',
        where: (each) => statusOf(each) === 200 && resourceOf(each, 'Group') !== undefined && asString(at(jsonOf(each.response), 'id')) !== own,
      });
      // A match of members names whom it may not hand out (pa.pmm.opt-out judges it); only exports hold data.
      const isMatch = ({ variant }: Exchange): boolean => matchJobs.some((job) => job === variant);
      const files = select(evidence, { step: 'bulk.file', where: (each) => statusOf(each) === 200 && !isWebPage(each) && !isMatch(each) });
      if (lists.length + files.length === 0) return notReached(evidence, { step: 'group.read' });
      return worst([
        ...lists.map((exchange) => {
          const listed = asArray(at(jsonOf(exchange.response), 'member')).some(
            (each) => literalReference(at(each, 'entity', 'reference')) === `Patient/${id}`,
          );
          return check(!listed, exchange, 'no attribution list with a member who opted out', `Patient/${id} is listed`);
        }),
        ...files.map((exchange) => {
          noteRead(exchange);
          return check(
            !(exchange.response?.body ?? '').includes(`Patient/${id}"`),
            exchange,
            'no export of a member who opted out',
            `Patient/${id} is exported`,
          );
        }),
      ]);
    }),
    mustSee: (row, { target }, text) => concerns(row, text, target.members.optedOut?.patientId ?? ''),
    faults: [
      {
        name: 'lists a member who opted out',
        at: 'group.read',
        behaviour: 'lists-opted-out-members',
        alsoFails: {
          'atr.member-add': 'whoever is listed in spite of that is as active as the last of the list',
          'atr.member-remove': 'whoever is listed in spite of that is as active as the last of the list',
        },
      },
    ],
  },
  {
    id: 'id.authz.org-mismatch',
    level: 'FAST',
    text: 'A token for organization X cannot read members attributed only to organization Y.',
    source: useCase('Scenario 1 line 4'),
    applies: ({ target }) => {
      if (target.otherClient === undefined)
        return {
          open: 'Another organisation was not tried: add otherClient, a second registered client, to the target file.',
          because: 'target-file',
        };
      if (target.statements?.['access'] === undefined)
        return notAsked('statements.access', '"attribution" where a client sees only members attributed to its organization, else another word');
      return target.statements['access'] === 'attribution' || 'The target file says that access does not follow attribution (statements.access).';
    },
    probes: [otherOrganization],
    judge: onFirst({ step: 'read', probe: otherOrganization.id }, (exchange) => {
      const seen = statusOf(exchange);
      return check(seen >= 400 && seen < 500, exchange, '401, 403 or 404 for a member of another organization', `status ${seen}`);
    }),
    faults: [
      { name: 'shows members to an organization that they are not attributed to', at: 'read', behaviour: 'shows-members-to-the-other-organization' },
    ],
  },
]);

/** Logical id of the known member, as the honest searches name it. */
function memberOf(evidence: Evidence): string | undefined {
  const [first] = select(evidence, { step: 'search', variant: 'include' });
  return first === undefined ? undefined : /[?&]patient=(?:Patient(?:\/|%2F))?([^&]+)/.exec(first.request.url)?.[1];
}
