import { docref, everything } from '../../src/client/requests/record.ts';
import { check, clip, fail, statusOf } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Finding, Known, Probe, RequestSpec } from '../../src/core/model.ts';
import { documents, oneMember } from '../../src/core/steps.ts';
import { type Applies, allOf, anyOf, declaresOperation } from '../applies.ts';
import { pdex22 } from '../sources.ts';
import { idMissing } from './applies.ts';
import { foreignNamed, frame, get, hidden, onProbes, patientsOf, resourcesIn } from './authz.ts';

/** The two whom a provider may not see: one who is not its patient, and one who said no. */
type Hidden = 'notAttributed' | 'optedOut';
const slug = { notAttributed: 'foreign', optedOut: 'opted-out' } as const;

/** A question about the hidden member's own id; no wrong request would teach more. */
const about = (who: Hidden, request: (base: string, id: string) => RequestSpec) => (known: Known) => {
  const id = known.target.members[who]?.patientId;
  if (id === undefined) return `the target file names no members.${who} with a patientId`;
  return known.base === undefined ? 'no FHIR base URL is known' : request(known.base, id);
};
const named = (who: Hidden, what: 'binary' | 'document') => (known: Known) => {
  const path = known.target.knownResources?.[`${who}.${what}`];
  return path === undefined ? `the target file names no knownResources["${who}.${what}"]` : get(known, path);
};
const everythingOf = (who: Hidden): Probe => ({
  ...frame(`everything-${slug[who]}`, 'everything'),
  member: who,
  expected: hidden,
  request: about(who, everything),
});
/** Made on the spot, listed, fetched as bytes, fetched as a FHIR document. The first two may well be empty searchsets. */
const documentsOf = (who: Hidden): readonly Probe[] => [
  { ...frame(`docref-${slug[who]}`, 'docref'), member: who, request: about(who, docref) },
  {
    ...frame(`documents-${slug[who]}`, 'search'),
    member: who,
    request: (known) => {
      const id = known.target.members[who]?.patientId;
      return id === undefined ? `the target file names no members.${who} with a patientId` : get(known, `DocumentReference?patient=${id}`);
    },
  },
  { ...frame(`binary-${slug[who]}`, 'binary'), member: who, request: named(who, 'binary') },
  { ...frame(`bundle-${slug[who]}`, 'document'), member: who, request: named(who, 'document') },
];
/** Nothing about the member: refused, or a searchset without a single resource. Any other 2xx is a leak whatever its form. */
const withholds =
  (who: Hidden) =>
  (exchange: Exchange, { target }: Evidence): Finding => {
    const id = target.members[who]?.patientId;
    const seen = statusOf(exchange);
    const told = resourcesIn(exchange);
    const leaked = told.filter((each) => id !== undefined && patientsOf(each).includes(id));
    if (leaked.length > 0 || (seen === 200 && told.length > 0))
      return fail(
        exchange,
        `nothing about ${who === 'notAttributed' ? 'a member who is not our patient' : 'a member who opted out'}`,
        `${told.length} resources`,
      );
    const searched = exchange.step === 'search' || exchange.step === 'docref' || exchange.step === 'everything';
    const empty = seen === 200 && searched && (exchange.response?.body ?? '').includes('"searchset"');
    return check(
      empty || (seen >= 400 && seen < 500),
      exchange,
      searched ? '401, 403, 404 or an empty searchset' : '401, 403 or 404',
      `status ${seen}: ${clip(exchange.response?.body ?? '', 80)}`,
    );
  };

/** Offered by declaration, or plainly there because the probe was answered with data. */
const answersProbe =
  (...ids: readonly string[]): Applies =>
  (evidence) =>
    evidence.exchanges.some((each) => each.probe !== undefined && ids.includes(each.probe) && statusOf(each) === 200) ||
    'the payer does not offer it, and gave nothing to who asked';
const offersEverything = (probe: Probe): Applies => anyOf(declaresOperation('Patient', 'everything'), answersProbe(probe.id));
const offersDocuments = (probes: readonly Probe[]): Applies =>
  anyOf(declaresOperation('DocumentReference', 'docref'), answersProbe(...probes.map(({ id }) => id)));

const optedOutNamed: Applies = ({ target }) => target.members.optedOut?.patientId !== undefined || idMissing('optedOut');

const foreignRecord = everythingOf('notAttributed');
const foreignDocuments = documentsOf('notAttributed');
const refusedRecord = everythingOf('optedOut');
const refusedDocuments = documentsOf('optedOut');

const compartment = pdex22('payertopayerexchange.html');
const optOut = pdex22('provider-access-api.html');

/** Whole records and documents of those who may not be seen. Exports are judged by pa.export and atr.export rows, single reads in authz.ts. */
export const recordAccessChecks: readonly Check[] = [
  {
    id: 'id.authz.everything',
    level: 'SHALL',
    lines: ['L3', 'L4'],
    scenarios: oneMember,
    text: '$everything gives nothing about a member whom the requester may not see.',
    source: { ...compartment, url: `${compartment.url}#everything-operation`, section: `${compartment.section}#everything-operation` },
    applies: allOf(foreignNamed, offersEverything(foreignRecord)),
    probes: [foreignRecord],
    judge: onProbes([foreignRecord], withholds('notAttributed')),
    faults: [{ name: 'gives the whole record of a foreign member', at: 'everything', behaviour: 'everything-of-a-foreign-member' }],
  },
  {
    id: 'id.authz.document',
    level: 'SHALL',
    lines: ['L3', 'L4'],
    scenarios: documents,
    text: 'Neither $docref nor a search nor a guessed URL gives documents of a member whom the requester may not see.',
    source: compartment,
    holds: [{ ig: guides.pdex }],
    applies: allOf(foreignNamed, offersDocuments(foreignDocuments)),
    probes: foreignDocuments,
    judge: onProbes(foreignDocuments, withholds('notAttributed')),
    faults: [{ name: 'makes documents of a foreign member', at: ['docref', 'binary', 'document'], behaviour: 'documents-of-a-foreign-member' }],
  },
  {
    id: 'id.authz.opt-out-everything',
    level: 'SHALL',
    lines: ['L4'],
    scenarios: oneMember,
    text: '$everything gives a provider nothing about a member who opted out of provider sharing.',
    source: optOut,
    holds: [{ ig: guides.pdex, from: '2.1.0' }],
    applies: allOf(optedOutNamed, offersEverything(refusedRecord)),
    probes: [refusedRecord],
    judge: onProbes([refusedRecord], withholds('optedOut')),
    faults: [{ name: 'gives the whole record of one who opted out', at: 'everything', behaviour: 'everything-of-one-who-opted-out' }],
  },
  {
    id: 'id.authz.opt-out-document',
    level: 'SHALL',
    lines: ['L4'],
    scenarios: documents,
    text: 'Neither $docref nor a search nor a guessed URL gives a provider documents of a member who opted out of provider sharing.',
    source: optOut,
    holds: [{ ig: guides.pdex, from: '2.1.0' }],
    applies: allOf(optedOutNamed, offersDocuments(refusedDocuments)),
    probes: refusedDocuments,
    judge: onProbes(refusedDocuments, withholds('optedOut')),
    faults: [{ name: 'makes documents of one who opted out', at: ['docref', 'binary', 'document'], behaviour: 'documents-of-one-who-opted-out' }],
  },
];
