import { asArray, asString, at, entriesOf, isObject, isResource, jsonOf, type Resource } from '../../src/core/fhir.ts';
import {
  check,
  fail,
  notApplicable,
  notReached,
  notTestable,
  onFirst,
  pass,
  select,
  status,
  statusOf,
  unanswered,
  worst,
} from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Exchange, Variant } from '../../src/core/model.ts';
import { documents } from '../../src/core/steps.ts';
import { queryOf } from '../../src/core/url.ts';
import { aboutSomebodyElse, refuse, replaceText, when, whenAsked } from '../alter.ts';
import { allOf, declaresType, followsUsCoreServer, owesSearch, stated } from '../applies.ts';
import { group } from '../group.ts';
import { disclosedIn } from '../id/disclosed.ts';
import { eachResource, sectionOf } from '../sec/lib.ts';
import { usCore } from '../sources.ts';
import { attachments, docrefAnswer, documentReferences, offersDocref, references } from './lib.ts';

/** DocumentReference: how documents are found, and what is said about them. */
export const referenceChecks: readonly Check[] = group({ scenarios: documents, lines: ['L2'], applies: offersDocref }, [
  {
    id: 'doc.docref.supported',
    level: 'SHALL',
    text: 'DocumentReference/$docref is supported.',
    source: usCore('OperationDefinition-docref.html'),
    judge(evidence) {
      const exchange = docrefAnswer(evidence);
      if (!exchange?.response) return notReached(evidence, { step: 'docref' });
      return worst([
        status(exchange, 200),
        check(
          statusOf(exchange) !== 200 || at(jsonOf(exchange.response), 'type') === 'searchset',
          exchange,
          'a searchset',
          String(at(jsonOf(exchange.response), 'type')),
        ),
      ]);
    },
    faults: [
      {
        name: 'does not know $docref',
        at: 'docref',
        alter: when(
          ({ url }) => !url.includes('assay-does-not-exist'),
          refuse(404, 'not-supported', 'The operation is not offered here. Search DocumentReference instead.'),
        ),
      },
    ],
  },
  {
    id: 'doc.docref.default-ccd',
    level: 'SHALL',
    text: 'Without further parameters the server returns a reference to the current C-CDA CCD when it has or can make one.',
    source: usCore('OperationDefinition-docref.html'),
    applies: allOf(offersDocref, ({ target }) =>
      stated(target, 'ccd.promised', 'whether a C-CDA CCD is promised for the known member: true or false'),
    ),
    judge(evidence) {
      const exchange = docrefAnswer(evidence);
      if (!exchange?.response || statusOf(exchange) !== 200) return notReached(evidence, { step: 'docref' });
      const codes = entriesOf(jsonOf(exchange.response)).flatMap(({ resource }) =>
        asArray(at(resource, 'type', 'coding')).map((each) => `${at(each, 'system')}|${at(each, 'code')}`),
      );
      return check(
        codes.includes('http://loinc.org|34133-9'),
        exchange,
        'a DocumentReference of type http://loinc.org|34133-9',
        codes.join(', ') || 'an empty Bundle',
      );
    },
    faults: [{ name: 'refers to progress notes only', at: 'docref', alter: replaceText('"code":"34133-9"', '"code":"11506-3"') }],
  },
  {
    id: 'doc.docref.current',
    level: 'SHALL',
    lines: ['L2', 'L4'],
    text: '$docref refers to current documents of the patient asked for: none of another patient, none entered in error or superseded.',
    source: usCore('OperationDefinition-docref.html'),
    judge(evidence) {
      const answers = select(evidence, { step: 'docref', where: (each) => each.variant !== 'unknown' && statusOf(each) === 200 });
      const made = answers.flatMap((exchange) =>
        entriesOf(jsonOf(exchange.response)).flatMap(({ resource }) =>
          resource?.resourceType === 'DocumentReference' ? [{ exchange, resource }] : [],
        ),
      );
      const strangers = disclosedIn(answers, evidence);
      if (strangers) return strangers;
      if (made.length === 0)
        return answers.length === 0
          ? notReached(evidence, { step: 'docref' })
          : notTestable('$docref named no document of this member.', 'test-data');
      const odd = made.find(({ resource }) => resource['status'] !== 'current');
      return odd
        ? fail(odd.exchange, 'documents of status current', `DocumentReference/${odd.resource['id']} has status ${String(odd.resource['status'])}`)
        : pass;
    },
    faults: [
      { name: 'makes a reference that was entered in error', at: 'docref', alter: replaceText('"status":"current"', '"status":"entered-in-error"') },
      {
        name: 'refers to the documents of another patient',
        at: 'docref',
        alter: aboutSomebodyElse,
        alsoFails: { 'id.authz.compartment': 'what was asked about one member is about another' },
      },
    ],
  },
  {
    id: 'doc.docref.no-match',
    level: 'SHOULD',
    lines: ['L2', 'L7'],
    text: 'An unknown patient id gives an empty Bundle.',
    source: usCore('OperationDefinition-docref.html'),
    judge: onFirst({ step: 'docref', variant: 'unknown' }, (exchange) => {
      const seen = statusOf(exchange);
      if (seen >= 500) return fail(exchange, 'an empty searchset (or 401, 403, 404 with an OperationOutcome)', `status ${seen}`);
      if (seen === 200)
        return check(
          !entriesOf(jsonOf(exchange.response)).some(({ resource }) => resource?.resourceType === 'DocumentReference'),
          exchange,
          'no DocumentReference',
          'documents of somebody',
        );
      return check(
        [401, 403, 404].includes(seen) && isResource(jsonOf(exchange.response), 'OperationOutcome'),
        exchange,
        'an empty searchset, or 401, 403 or 404 with an OperationOutcome',
        `status ${seen}`,
      );
    }),
    faults: [
      {
        name: 'falls over an unknown patient',
        at: 'docref',
        alter: whenAsked(/assay-does-not-exist/, refuse(500, 'exception', 'Something broke. Quote trace 1 to support.')),
      },
    ],
  },
  {
    id: 'doc.docref.search',
    level: 'SHALL',
    text: 'DocumentReference can be searched by _id, patient, patient+category, patient+category+date and patient+type.',
    source: usCore('CapabilityStatement-us-core-server.html'),
    applies: documentReferences,
    judge(evidence) {
      const forms: readonly (readonly [Variant<'search'>, (resource: Resource, query: Readonly<Record<string, string>>) => boolean])[] = [
        ['doc:id', (each, query) => each['id'] === query['_id']],
        ['doc:list', () => true],
        ['sec:document-category', (each, query) => JSON.stringify(each['category'] ?? null).includes(`"${query['category']?.split('|').at(-1)}"`)],
        ['sec:document-category-date', (each) => each['date'] !== undefined],
        ['sec:document-type', (each, query) => JSON.stringify(each['type'] ?? null).includes(`"${query['type']?.split('|').at(-1)}"`)],
      ];
      const owed = ({ request }: Exchange) => owesSearch('DocumentReference', ...queryOf(request.url).map(([name]) => name))(evidence);
      const asked = forms.flatMap(([variant, fits]) =>
        select(evidence, { step: 'search', variant, where: owed }).map((exchange) => ({ exchange, fits })),
      );
      if (asked.length === 0) return notReached(evidence, { step: 'search', variant: 'doc:list' });
      return worst(
        asked.map(({ exchange, fits }) => {
          // Whether a refusal because status is missing is in order is judged by sec.status-required.
          if (statusOf(exchange) === 400 && /status/i.test(exchange.response?.body ?? '')) return pass;
          if (statusOf(exchange) !== 200) return fail(exchange, '200', `status ${statusOf(exchange)} to ${exchange.request.url}`);
          const query = Object.fromEntries(queryOf(exchange.request.url));
          const odd = sectionOf(evidence, exchange, 'DocumentReference').matches.find((each) => !fits(each, query));
          return check(
            odd === undefined,
            exchange,
            `only documents that fit ${exchange.request.url.split('?')[1]}`,
            `DocumentReference/${odd?.['id']} does not`,
          );
        }),
      );
    },
    faults: [
      {
        name: 'ignores the type of documents',
        at: 'search',
        alter: when(
          ({ url }) => /DocumentReference\?.*type=/.test(url) && url.includes('patient='),
          replaceText(
            /"type":\{"coding":\[\{"system":"http:\/\/loinc.org","code":"[^"]+"/,
            '"type":{"coding":[{"system":"http://loinc.org","code":"assay-other"',
          ),
        ),
      },
    ],
  },
  {
    id: 'doc.docref.url-or-data',
    level: 'SHALL',
    text: 'Each DocumentReference attachment has url or data or both.',
    source: usCore('StructureDefinition-us-core-documentreference.html', 'us-core-6'),
    holds: [{ ig: guides.usCore }],
    applies: declaresType('DocumentReference'),
    judge(evidence) {
      const held = attachments(evidence);
      if (held.length === 0)
        return references(evidence).length === 0
          ? notApplicable('the member has no documents')
          : fail(references(evidence)[0]?.exchange as Exchange, 'an attachment in every DocumentReference', 'none');
      const bare = held.find(({ attachment }) => attachment['url'] === undefined && attachment['data'] === undefined);
      return bare ? fail(bare.exchange, 'url or data in every attachment', `DocumentReference/${bare.resource['id']} has neither`) : pass;
    },
    faults: [
      {
        name: 'sends an attachment without url and data',
        at: 'search',
        alter: eachResource(
          ({ url }) => url.includes('/DocumentReference?patient='),
          (each) => ({
            ...each,
            content: asArray(each['content']).map((content) => ({
              ...(isObject(content) ? content : {}),
              attachment:
                at(content, 'attachment', 'data') !== undefined && at(content, 'attachment', 'url') === undefined
                  ? { contentType: 'text/plain', title: 'x' }
                  : (at(content, 'attachment') ?? null),
            })),
          }),
        ),
      },
    ],
  },
  {
    id: 'doc.docref.responsible-organization',
    level: 'SHALL',
    text: 'The organization responsible for a document is given in custodian or by a Provenance that targets it.',
    source: usCore('StructureDefinition-us-core-documentreference.html', 'StructureDefinition-us-core-documentreference.html guidance'),
    holds: [{ ig: guides.usCore, from: '7.0.0' }],
    applies: declaresType('DocumentReference'),
    judge(evidence) {
      const [list] = select(evidence, { step: 'search', variant: 'doc:list' });
      if (!list) return notReached(evidence, { step: 'search', variant: 'doc:list' });
      const { matches } = sectionOf(evidence, list, 'DocumentReference');
      const [traced] = select(evidence, { step: 'search', variant: 'doc:provenance' });
      const organisations = traced
        ? sectionOf(evidence, traced, 'DocumentReference').includes.some((each) => JSON.stringify(each['agent'] ?? null).includes('"Organization/'))
        : false;
      const bare = matches.find((each) => !isObject(each['custodian']));
      if (matches.length === 0) return notApplicable('the member has no documents');
      return check(
        bare === undefined || organisations,
        list,
        'a custodian, or a Provenance with an Organization as agent',
        `DocumentReference/${bare?.['id']} has neither`,
      );
    },
    faults: [
      {
        name: 'names no custodian',
        at: 'search',
        target: { guides: { 'hl7.fhir.us.core': '7.0.0' } },
        alter: eachResource(
          ({ url }) => url.includes('/DocumentReference?'),
          (each) =>
            each.resourceType === 'Provenance'
              ? { ...each, agent: [{ who: { reference: 'Practitioner/x' } }] }
              : (Object.fromEntries(Object.entries(each).filter(([name]) => name !== 'custodian')) as Resource),
        ),
      },
    ],
  },
  {
    id: 'doc.dual-exposure',
    level: 'SHALL',
    text: 'Scanned reports are exposed by both DiagnosticReport and DocumentReference with the same attachment URL.',
    source: usCore('clinical-notes.html'),
    applies: allOf(followsUsCoreServer, declaresType('DiagnosticReport'), declaresType('DocumentReference')),
    judge(evidence) {
      const [list] = select(evidence, { step: 'search', variant: 'doc:reports' });
      if (!list) return notReached(evidence, { step: 'search', variant: 'doc:reports' });
      const scans = sectionOf(evidence, list, 'DiagnosticReport')
        .matches.filter((each) => each['result'] === undefined)
        .flatMap((each) => asArray(each['presentedForm']))
        .filter((form) => at(form, 'url') !== undefined && /pdf|image\/|text\//.test(asString(at(form, 'contentType')) ?? ''));
      if (scans.length === 0) return notApplicable('the member has no scanned report');
      const [listed] = select(evidence, { step: 'search', variant: 'doc:list' });
      const silent = listed && unanswered(listed);
      if (silent) return silent;
      const urls = new Set(attachments(evidence).map(({ attachment }) => attachment['url']));
      const lost = scans.find((form) => !urls.has(at(form, 'url') ?? null));
      const documents = listed && sectionOf(evidence, listed, 'DocumentReference');
      if (lost !== undefined && documents?.unread) return documents.unread;
      return check(lost === undefined, list, 'the same attachment url in a DocumentReference', `${at(lost, 'url')} is in a DiagnosticReport only`);
    },
    faults: [
      {
        name: 'keeps scans in DiagnosticReport only',
        at: 'search',
        alter: when(
          ({ url }) => url.includes('/DiagnosticReport?patient='),
          replaceText(/("presentedForm":\[\{"contentType":"application\/pdf","url":")[^"]+/g, '$1Binary/assay-elsewhere'),
        ),
      },
    ],
  },
]);
