import { asObject, asString, at, isResource, type JsonObject, jsonOf, mediaTypeOf } from '../../src/core/fhir.ts';
import {
  check,
  describeBody,
  fail,
  notApplicable,
  notReached,
  notTestable,
  pass,
  select,
  status,
  statusOf,
  unanswered,
  warn,
  worst,
} from '../../src/core/findings.ts';
import type { Check, Exchange, Finding } from '../../src/core/model.ts';
import { documents } from '../../src/core/steps.ts';
import { isHttpUrl, parseUrl } from '../../src/core/url.ts';
import { refuse, replaceText, when } from '../alter.ts';
import { group } from '../group.ts';
import { r4, useCase } from '../sources.ts';
import { attachments, bundles, ccdas, documentProblem, documentReferences, fetched, isStatic, noCcd, sizeOf } from './lib.ts';

/** The documents themselves: fetched, opened, and compared with what was said about them. */
export const formChecks: readonly Check[] = group({ scenarios: documents, lines: ['L2'] }, [
  {
    id: 'doc.attachment.retrievable',
    level: 'SHALL',
    text: 'content.attachment points to content the client can fetch with its token.',
    source: r4('datatypes.html#Attachment', 'Attachment.url; US Core DocumentReference guidance'),
    applies: documentReferences,
    judge(evidence) {
      const held = attachments(evidence).filter(({ attachment }) => fetched(evidence, attachment) !== undefined);
      if (held.length === 0)
        return attachments(evidence).some(({ attachment }) => attachment['data'] !== undefined)
          ? pass
          : notApplicable('no attachment with a url was listed');
      return worst(
        held.map(({ attachment }): Finding => {
          const exchange = fetched(evidence, attachment) as Exchange;
          const silent = unanswered(exchange);
          if (silent) return silent;
          const wanted = (asString(attachment['contentType']) ?? '').split(';')[0];
          if (exchange.variant === 'attachment:foreign')
            return [401, 403].includes(statusOf(exchange))
              ? warn(exchange, 'content that opens without our token, since it lies on another origin', `status ${statusOf(exchange)}`)
              : status(exchange, 200);
          const media = mediaTypeOf(exchange.response);
          return worst([
            status(exchange, 200),
            check(
              statusOf(exchange) !== 200 || wanted === undefined || media === wanted || isBinary(exchange),
              exchange,
              `Content-Type ${wanted}`,
              media,
            ),
          ]);
        }),
      );
    },
    faults: [
      {
        name: 'lists a letter that is gone',
        at: 'binary',
        alter: when(
          ({ headers }) => headers['accept'] === 'text/plain',
          refuse(404, 'not-found', 'This Binary is gone. Take the url from a current DocumentReference.'),
        ),
      },
    ],
  },
  {
    id: 'doc.attachment.integrity',
    level: 'SHOULD',
    text: 'size and hash of the attachment agree with the bytes.',
    source: r4('datatypes.html#Attachment'),
    judge(evidence) {
      const held = attachments(evidence).filter(
        (each) => isStatic(each) && (each.attachment['size'] !== undefined || each.attachment['hash'] !== undefined),
      );
      if (held.length === 0) return notApplicable('no static attachment states its size or hash');
      const compared = held.flatMap(({ exchange, attachment }) => integrity(exchange, attachment, fetched(evidence, attachment)));
      return compared.length === 0
        ? notTestable('No attachment that states its size or hash was fetched, and none could be compared.', 'ours')
        : worst(compared);
    },
    faults: [
      {
        name: 'states the hash of an older version',
        at: 'search',
        alsoFails: { 'payload.r4': 'the hash is beside its data, where any validator can tell' },
        alter: when(
          ({ url }) => url.includes('/DocumentReference?patient='),
          replaceText(/"hash":"[^"]+"/g, '"hash":"2jmj7l5rSw0yVb/vlWAYkK/YBwk="'),
        ),
      },
    ],
  },
  {
    id: 'doc.attachment.url-equals-data',
    level: 'SHALL',
    text: 'When an attachment has both data and url, the url points to the same content.',
    source: r4('datatypes.html#Attachment', 'Attachment.url comment'),
    judge(evidence) {
      const held = attachments(evidence).filter(
        (each) => isStatic(each) && each.attachment['data'] !== undefined && each.attachment['url'] !== undefined,
      );
      if (held.length === 0) return notApplicable('no attachment has both data and url');
      return worst(
        held.map(({ attachment }) => {
          const [file] = select(evidence, {
            step: 'binary',
            variant: 'fhir',
            where: (each) => each.request.url.endsWith(asString(attachment['url']) ?? ' '),
          });
          if (!file?.response || statusOf(file) !== 200) return notReached(evidence, { step: 'binary', variant: 'fhir' });
          const served = asString(at(jsonOf(file.response), 'data'));
          return check(served === undefined || served === attachment['data'], file, 'the same bytes behind url as in data', 'other bytes');
        }),
      );
    },
    faults: [
      {
        name: 'serves an older letter behind the url',
        at: 'binary',
        alter: when(({ headers }) => headers['accept'] === 'application/fhir+json', replaceText(/"data":"[A-Za-z0-9+/]{8}/, '"data":"QUFBQUFB')),
      },
    ],
  },
  {
    id: 'doc.binary.raw',
    level: 'SHOULD',
    text: 'Binary is returned raw for its own content type and as a FHIR resource for FHIR types.',
    source: r4('binary.html#rest'),
    judge(evidence) {
      const plain = select(evidence, { step: 'binary', variant: 'attachment' });
      const wrapped = select(evidence, { step: 'binary', variant: 'fhir' });
      if (plain.length === 0) return notApplicable('no document is served from Binary');
      return worst([
        ...plain
          .filter((each) => statusOf(each) === 200)
          .map((each) =>
            check(!isResource(jsonOf(each.response), 'Binary'), each, 'raw bytes for the content type asked for', 'a Binary resource in JSON'),
          ),
        ...wrapped
          .filter((each) => statusOf(each) === 200)
          .map((each) =>
            isResource(jsonOf(each.response), 'Binary') || each.facts?.['ccda.root'] !== undefined
              ? pass
              : fail(each, 'a Binary resource for Accept: application/fhir+json', mediaTypeOf(each.response)),
          ),
      ]);
    },
    faults: [
      {
        name: 'sends raw bytes to those who ask for FHIR',
        at: 'binary',
        alter: (response, request) =>
          request.headers['accept'] === 'application/fhir+json' && response.status === 200 && !response.body.startsWith('<')
            ? { ...response, headers: { ...response.headers, 'content-type': 'text/plain' }, body: 'raw' }
            : response,
      },
    ],
  },
  {
    id: 'doc.ccda.well-formed',
    level: 'FAST',
    text: 'A CCDA payload is well-formed XML with root ClinicalDocument in urn:hl7-org:v3 and names the same patient.',
    source: useCase('Scenario 3 (CCDA over FHIR)'),
    applies: (evidence) => (ccdas(evidence).length > 0 ? true : noCcd),
    judge: (evidence) =>
      worst(
        ccdas(evidence).map((exchange) => {
          const facts = exchange.facts ?? {};
          if (facts['ccda.limit'] === true)
            return { outcome: 'not-testable', reason: `We stopped: the document is ${facts['ccda.problem']}.`, because: 'ours' } as const;
          if (facts['ccda.problem'] !== undefined) return fail(exchange, 'a well-formed C-CDA document', String(facts['ccda.problem']));
          const named = facts['ccda.root'] === 'ClinicalDocument' && facts['ccda.namespace'] === 'urn:hl7-org:v3';
          if (!named)
            return fail(exchange, 'ClinicalDocument in urn:hl7-org:v3', `${facts['ccda.root']} in ${facts['ccda.namespace'] || 'no namespace'}`);
          if (facts['ccda.recordTarget'] === 'contradicts')
            return fail(
              exchange,
              "the member's name and birth date beside the member's number",
              'the number of the member with the name or birth date of somebody else',
            );
          return check(facts['ccda.recordTarget'] !== 'other', exchange, 'the member as recordTarget', 'another person');
        }),
      ),
    faults: [
      { name: 'gives out the document of another patient', at: 'binary', behaviour: 'documents-name-another-member' },
      {
        name: 'cuts the document short',
        at: 'binary',
        alter: (response) => (response.body.startsWith('<?xml') ? { ...response, body: response.body.slice(0, 400) } : response),
      },
      {
        name: "gives the member's number to another birth date",
        at: 'binary',
        alter: when((_request, { body }) => body.startsWith('<?xml'), replaceText(/<birthTime value="\d+"/, '<birthTime value="19010203"')),
      },
      {
        name: 'declares UTF-16 and sends UTF-8',
        at: 'binary',
        alter: when((_request, { body }) => body.startsWith('<?xml'), replaceText('encoding="UTF-8"', 'encoding="UTF-16"')),
      },
      {
        name: 'smuggles an entity into the document',
        at: 'binary',
        alter: when((_request, { body }) => body.startsWith('<?xml'), replaceText('?>', '?><!DOCTYPE x [<!ENTITY a "aaaa">]>')),
      },
    ],
  },
  {
    id: 'doc.fhir-document',
    level: 'SHALL',
    text: 'A FHIR document is a Bundle of type document with identifier (system and value), timestamp and a Composition as first entry; the resources the Composition itself references are in the Bundle.',
    source: r4('documents.html'),
    applies: (evidence) => (bundles(evidence).length > 0 ? true : 'no FHIR document was fetched'),
    judge: (evidence) =>
      worst(
        bundles(evidence).map((exchange) => {
          const problem = documentProblem(jsonOf(exchange.response));
          return check(
            problem === undefined,
            exchange,
            'a document Bundle: identifier, timestamp, Composition first, and all that it refers to inside',
            problem ?? '',
          );
        }),
      ),
    faults: [
      {
        name: 'refers to an entry that is not there',
        at: 'document',
        alsoFails: { 'payload.r4': 'the rules of R4 for documents say the same' },
        alter: when(
          (_request, { status }) => status === 200,
          replaceText(/("entry":\[\{"reference":")[A-Z][A-Za-z]+\/[^"]+/, '$1Condition/assay-nowhere'),
        ),
      },
      {
        name: 'puts the Patient before the Composition',
        at: 'document',
        alter: (response) => {
          if (response.status !== 200) return response;
          const bundle = JSON.parse(response.body) as { entry: unknown[] };
          const [head, second, ...rest] = bundle.entry;
          return { ...response, body: JSON.stringify({ ...bundle, entry: [second, head, ...rest] }) };
        },
      },
    ],
  },
  {
    id: 'doc.smart-app-link',
    about: { lost: 'the payer published this address' },
    level: 'FAST',
    text: 'When the answer is a SMART app, the launch URL is absolute https and answers.',
    source: useCase('Scenario 3 (SMART on FHIR App)'),
    applies: (evidence) => (select(evidence, { step: 'app-link' }).length > 0 ? true : 'no answer offered a SMART app'),
    judge: (evidence) =>
      worst(
        select(evidence, { step: 'app-link' }).map((exchange) => {
          const { url } = exchange.request;
          const loopback = /^(127\.|localhost$|\[::1\])/.test(parseUrl(url)?.host ?? '');
          if (!isHttpUrl(url) || (!url.startsWith('https:') && !loopback)) return fail(exchange, 'an absolute https URL', url);
          const seen = statusOf(exchange);
          return check(
            exchange.response !== null && seen < 500 && seen !== 404 && seen !== 410,
            exchange,
            'a launch URL that answers',
            exchange.response ? `status ${seen}` : (exchange.error?.message ?? 'no answer'),
          );
        }),
      ),
    faults: [
      {
        name: 'links to an app that is not there',
        at: 'app-link',
        alter: (response, request) => (request.url.endsWith('/cds/launch') ? { ...response, status: 404, body: '' } : response),
        alsoFails: { 'crd.card.smart-app-link': 'the same requirement is in two families' },
      },
    ],
  },
  {
    id: 'doc.one-declared-form',
    level: 'FAST',
    text: 'The full record is offered in at least one of the four forms of the use case (CCDA, FHIR document, Binary, SMART app) and the form is discoverable from metadata or DocumentReference.',
    source: useCase('Scenario 3'),
    judge(evidence) {
      const works = {
        'C-CDA': ccdas(evidence).some((each) => each.facts?.['ccda.root'] === 'ClinicalDocument'),
        'FHIR document': bundles(evidence).some((each) => documentProblem(jsonOf(each.response)) === undefined),
        Binary: select(evidence, { step: 'binary', variant: 'attachment' }).some((each) => statusOf(each) === 200),
        'SMART app': select(evidence, { step: 'app-link' }).some((each) => statusOf(each) > 0 && statusOf(each) < 400),
      };
      const found = Object.entries(works).flatMap(([form, yes]) => (yes ? [form] : []));
      const [list] = select(evidence, { step: 'search', variant: 'doc:list' });
      if (!list) return notReached(evidence, { step: 'search', variant: 'doc:list' });
      if (found.length > 0) return { ...pass, note: found.join(', ') };
      // What was lost, or refused for now, may have been the one that works.
      const asked = [list, ...(['binary', 'document', 'app-link'] as const).flatMap((step) => select(evidence, { step }))];
      return (
        asked.flatMap((each) => unanswered(each) ?? [])[0] ??
        fail(list, 'a full record as C-CDA, FHIR document, Binary or SMART app that works end to end', 'none')
      );
    },
    faults: [
      {
        name: 'serves no document at all',
        at: ['binary', 'document', 'app-link'],
        alter: refuse(404, 'not-found', 'Documents are not available now. Try again tomorrow.'),
        alsoFails: {
          'doc.attachment.retrievable': 'nothing can be fetched',
          'doc.smart-app-link': 'the app is one of the forms',
          'crd.card.smart-app-link': 'the app is one of the forms',
        },
      },
    ],
  },
]);

/** A Binary as a FHIR resource, in whichever media type it says (doc.binary.raw and cc3.metadata.content-type speak of that). */
const isBinary = ({ response }: Exchange): boolean => mediaTypeOf(response).startsWith('application/fhir') || isResource(jsonOf(response), 'Binary');

/** What an attachment says of its bytes, compared with those that came: fetched, or inside the attachment itself. Empty where none did. */
function integrity(exchange: Exchange, { size, hash, data }: JsonObject, file: Exchange | undefined): readonly Finding[] {
  if (typeof data === 'string' && (!file?.response || statusOf(file) !== 200))
    return size === undefined ? [] : [check(sizeOf(data) === size, exchange, `${size} bytes`, `${sizeOf(data)} bytes`)];
  if (!file) return [];
  const none = unanswered(file);
  if (none) return [none];
  if (statusOf(file) !== 200)
    return [notTestable(`The attachment could not be fetched: ${describeBody(file)} (see doc.attachment.retrievable).`, 'payer')];
  // A Binary that came as a FHIR resource holds the bytes as base64; doc.binary.raw says what is to be said of that.
  const wrapped = asObject(jsonOf(file.response));
  const inside = wrapped['resourceType'] === 'Binary' ? (asString(wrapped['data']) ?? '') : undefined;
  const seen = inside === undefined ? file.size.decoded : sizeOf(inside);
  const sha1 = inside === undefined ? file.facts?.['body.sha1'] : undefined;
  return [
    ...(size === undefined ? [] : [check(seen === size, file, `${size} bytes`, `${seen} bytes`)]),
    ...(hash === undefined || sha1 === undefined ? [] : [check(hash === sha1, file, `SHA-1 ${hash}`, `SHA-1 ${sha1}`)]),
  ];
}
