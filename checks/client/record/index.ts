import type { ClientRow } from '../../../src/core/client-row.ts';
import { asArray, asString, jsonOf, linkOf, at as path } from '../../../src/core/fhir.ts';
import { check, notApplicable, notTestable, pass, warn, worst, worstOfAll } from '../../../src/core/findings.ts';
import { came, type Hearing, left } from '../../../src/core/heard.ts';
import type { Exchange, Finding } from '../../../src/core/model.ts';
import { allScenarios, documents, oneMember } from '../../../src/core/steps.ts';
import { queryOf } from '../../../src/core/url.ts';
import { r4, usCore, useCase } from '../../sources.ts';
import { at, atMost, attested, clinical, header, none, onCase, onEvery, repeatsOf, status } from '../marks.ts';

const paged: ClientRow['scenarios'] = ['S1', 'S3', 'S4', 'S5'];
/** The random pages of the script. */
const isPage = (each: Exchange): boolean => /\/fhir\/p-[0-9a-f]+\d(\?|$)/.test(each.request.url);
const hasNext = (each: Exchange): boolean => at('search')(each) && linkOf(jsonOf(each.response), 'next') !== undefined;
/** Escapes of characters that need none mean the same without. Source: https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2 */
const normal = (url: string): string =>
  url.replace(/%[0-9a-f]{2}/gi, (each) => {
    const character = String.fromCharCode(Number.parseInt(each.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : each.toUpperCase();
  });
/** The last part of the path, with the query: what a relative link and an absolute one have in common. */
const lastPart = (url: string): string => /[^/?]*(\?.*)?$/.exec(normal(url))?.[0] ?? '';
/** Without what asks for another form of the same page. */
const withoutForm = (part: string): string =>
  part.replace(/([?&])(_format|_pretty)=[^&]*(&|$)/g, (_all, before, _name, after) => (after === '' ? '' : before));
const links = (heard: readonly Exchange[]): readonly string[] =>
  heard.flatMap((each) => {
    const link = linkOf(jsonOf(each.response), 'next');
    return link === undefined ? [] : [lastPart(link)];
  });

/** Pages that the client made up, by a parameter of its own. */
const madeUp = (heard: readonly Exchange[]): readonly Exchange[] =>
  heard.filter(
    (each) => at('search', 'page')(each) && queryOf(each.request.url).some(([name]) => /^_?(page|offset|skip|getpagesoffset)$/i.test(name)),
  );

const dateValue = /^(eq|ne|gt|lt|ge|le|sa|eb|ap)?(\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?)$/;
/** Date parameters of US Core, and whether the element is a date only. */
const dates: Readonly<Record<string, boolean>> = {
  birthdate: true,
  date: false,
  'service-date': false,
  period: false,
  'onset-date': false,
  authoredon: false,
  _lastUpdated: false,
};

function searchValues(each: Exchange): Finding {
  const wrong = queryOf(`${each.request.url}${each.request.method === 'POST' ? `?${each.request.body ?? ''}` : ''}`).find(([name, value]) => {
    if (name in dates) return !dateValue.test(value) || (dates[name] === false && !value.includes('T'));
    if (['patient', 'subject', 'beneficiary'].includes(name)) return !/[A-Za-z0-9]/.test(value);
    if (['identifier', 'code', 'category', 'clinical-status', 'status'].includes(name)) return value.endsWith('|') || value === '';
    return false;
  });
  return wrong === undefined
    ? pass
    : check(false, each, 'a code in tokens, an id in references, dates to the day and times to the second with offset', `${wrong[0]}=${wrong[1]}`);
}

/** The same read, answered in full, more than three times within a minute. */
function crowds({ heard }: Hearing): Finding {
  const reads = heard.filter((each) => each.suite !== '' && clinical(each) && each.request.method === 'GET');
  if (reads.length === 0) return notTestable('The client read nothing in this run.', 'not-offered');
  return worstOfAll(
    reads
      .filter((each) => status(each) === 200)
      .map((each) => {
        const again = repeatsOf(each, reads).filter(
          (other) => other.suite === each.suite && status(other) === 200 && came(other) - came(each) < 60_000,
        );
        return atMost(2, again, 'repeats of a read that was answered in full', each);
      }),
  );
}

/** TLS connections opened while another one was idle and had just been used: each is a handshake for nothing. */
function handshakes({ heard }: Hearing): readonly Finding[] {
  const secure = heard.filter((each) => each.suite !== '' && each.facts?.['heard.tls'] !== undefined);
  return [...new Set(secure.map(({ suite }) => suite))].flatMap((suite) => {
    const own = secure.filter((each) => each.suite === suite).sort((a, b) => came(a) - came(b));
    const needless = own.filter((each, nth) => {
      const before = own[nth - 1];
      const fresh = own.slice(0, nth).every((other) => other.facts?.['heard.connection'] !== each.facts?.['heard.connection']);
      return before !== undefined && fresh && each.facts?.['heard.open'] === 1 && came(each) - left(before) < 4000;
    });
    const [first] = needless;
    return own.length < 8 || first === undefined
      ? []
      : [
          check(
            needless.length <= own.length / 5,
            first,
            `one TLS handshake for five requests or more`,
            `${needless.length} for ${own.length} requests, each with an idle connection at hand`,
          ),
        ];
  });
}

/** More than one registration that holds, where nobody asked for a second one. */
const enrolments = ({ heard }: Hearing): readonly Finding[] =>
  [...new Set(heard.filter(at('register')).map(({ suite }) => suite))]
    .filter((suite) => suite !== '' && suite !== 'T3')
    .flatMap((suite) => {
      const held = heard.filter(
        (each) =>
          each.suite === suite &&
          at('register')(each) &&
          status(each) >= 200 &&
          status(each) < 300 &&
          asArray(path(each.facts?.['heard.jwt']?.claims, 'grant_types')).length > 0,
      );
      const [first] = held;
      return first === undefined ? [] : [atMost(1, held, 'registration at a payer', first)];
    });

/** Documents that change rarely, asked for more than twice of one payer. */
function rereads(hearing: Hearing): Finding {
  const { heard } = hearing;
  // UDAP metadata that were not used were perhaps not to be trusted: to look again for better ones is no fault.
  const usesUdap = new Set(heard.filter(at('register', 'udap.token')).map(({ suite }) => suite));
  const open = heard.filter(
    (each) =>
      each.suite !== '' &&
      status(each) === 200 &&
      (at('metadata', 'smart.configuration')(each) || (at('udap.metadata')(each) && usesUdap.has(each.suite))),
  );
  if (open.length === 0) return notTestable('The client read no discovery document in this run.', 'not-offered');
  return worstOfAll([
    ...open.map((each) =>
      atMost(
        1,
        repeatsOf(each, open).filter((other) => other.suite === each.suite),
        'repeat of a discovery document',
        each,
      ),
    ),
    ...enrolments(hearing),
    ...handshakes(hearing),
  ]);
}

export const recordRows: readonly ClientRow[] = [
  {
    id: 'client.record.paging.opaque',
    level: 'SHALL',
    text: 'Further pages are fetched with the link the server gave, unchanged.',
    source: r4('http.html#paging'),
    lines: ['L2'],
    scenarios: paged,
    cases: ['R1'],
    judge: onCase(['R1'], hasNext, ({ heard, after }) => {
      const pages = after.filter((each) => isPage(each) || at('page')(each));
      const own = madeUp(after);
      if (pages.length + own.length === 0) return notTestable('The client asked for no further page.', 'not-offered');
      const named = links(heard);
      const other = pages.filter((each) => !named.includes(lastPart(each.request.url)));
      const strange = other.filter((each) => !named.map(withoutForm).includes(withoutForm(lastPart(each.request.url))));
      const [added] = other;
      return worst([
        none(own, 'page that the client made up'),
        none(strange, 'page that no link named'),
        added === undefined ? pass : warn(added, 'the link as the server gave it', `${added.request.url}, with a parameter added`),
      ]);
    }),
    faults: [
      {
        name: 'makes up the address of the next page',
        behaves: 'makes-up-pages',
        alsoFails: { 'client.record.paging.to-end': 'pages made up are not the pages that were linked' },
      },
    ],
  },
  {
    id: 'client.record.paging.to-end',
    level: 'FAST',
    text: 'The client follows next to the last page, or says that the result is incomplete.',
    source: useCase('Requirement line L2 payload'),
    lines: ['L2', 'L7'],
    scenarios: paged,
    cases: ['R1'],
    judge: onCase(['R1'], hasNext, ({ heard, seen, play }) => {
      const pages = new Set(heard.filter(isPage).map((each) => withoutForm(lastPart(each.request.url))));
      if (pages.size === 7) return pass;
      if (play.shown === undefined && pages.size > 0)
        return notTestable(`${pages.size} of 7 pages were fetched, and nobody told whether the result was called incomplete.`, 'test-data');
      const told = play.shown?.some((each) => /incomplete|more results|cut/i.test(each)) === true;
      return check(told, seen, 'all seven pages, or a word that the result is incomplete', `${pages.size} of them`);
    }),
    faults: [{ name: 'stops at an empty page', behaves: 'stops-at-empty-pages' }],
  },
  {
    id: 'client.record.paging.loop',
    level: 'FAST',
    text: 'A next link seen before ends the paging.',
    source: useCase('Requirement line L7 errors'),
    lines: ['L6', 'L7'],
    scenarios: paged,
    cases: ['R2'],
    judge: onCase(
      ['R2'],
      (each) => isPage(each),
      ({ heard }) => worstOfAll(heard.filter(isPage).map((each) => atMost(1, repeatsOf(each, heard), 'repeat of a page', each))),
      {
        silence: true,
      },
    ),
    faults: [
      { name: 'walks in circles', behaves: 'walks-in-circles', alsoFails: { 'client.record.no-rerequest': 'the same pages come again and again' } },
    ],
  },
  {
    id: 'client.record.no-rerequest',
    level: 'FAST',
    text: 'One user action does not request the same resource or page again and again.',
    source: useCase('Requirement line L6 time'),
    lines: ['L6'],
    scenarios: oneMember,
    judge: crowds,
    faults: [{ name: 'asks five times for what it has', behaves: 'repeats-200' }],
  },
  {
    id: 'client.record.conditional-304',
    level: 'SHALL',
    text: 'A client that reads conditionally accepts both 304 and a full answer.',
    source: r4('http.html#cread'),
    lines: ['L2'],
    scenarios: paged,
    cases: ['R3'],
    judge: (hearing) => {
      const conditional = (each: Exchange): boolean => header(each, 'if-none-match') !== '' || header(each, 'if-modified-since') !== '';
      if (!hearing.heard.some(conditional)) return notApplicable('The client does not read conditionally.');
      return onCase(
        ['R3'],
        (each) => status(each) === 304,
        ({ after, seen }) =>
          none(
            after.filter((each) => each.request.url === seen.request.url && !conditional(each)),
            'unconditional repeat of what was answered 304',
          ),
      )(hearing);
    },
    faults: [{ name: 'asks again in full after 304', behaves: 'asks-again-after-304' }],
  },
  {
    id: 'client.record.search-values',
    level: 'SHALL',
    text: 'Token values have a code, references an id, dates day precision and dateTimes seconds with offset.',
    source: usCore('general-requirements.html#fhir-restful-search-api-requirements'),
    lines: ['L2'],
    scenarios: ['S1', 'S4', 'S5'],
    judge: onEvery('search', at('search'), searchValues),
    faults: [
      {
        name: 'searches by month',
        sends: (request) =>
          /\/Observation\?/.test(request.url) ? { ...request, url: request.url.replace(/date=ge[^&]*/, 'date=ge2015-01') } : request,
      },
    ],
  },
  {
    id: 'client.record.outcome-entry',
    level: 'FAST',
    text: 'A warning inside a searchset is told, and is no data.',
    source: useCase('Requirement line L7 errors'),
    lines: ['L2', 'L7'],
    scenarios: documents,
    cases: ['R5'],
    judge: onCase(
      ['R5'],
      (each) => asArray(path(jsonOf(each.response), 'entry')).some((entry) => asString(path(entry, 'search', 'mode')) === 'outcome'),
      (scene) =>
        attested(
          scene,
          none(
            scene.after.filter((each) => /\/OperationOutcome\b/.test(each.request.url)),
            'request for an OperationOutcome',
          ),
        ),
    ),
    faults: [{ name: 'reads a warning as if it were a record', behaves: 'follows-outcomes' }],
  },
  {
    id: 'client.record.document',
    level: 'FAST',
    text: 'A document is opened: its text is fetched once, with the token, and shown.',
    source: useCase('Requirement line L2 payload'),
    lines: ['L2'],
    scenarios: documents,
    cases: ['R6'],
    judge: onCase(['R6'], at('docref'), (scene) => {
      const fetched = scene.after.filter(at('binary'));
      const [first] = fetched;
      if (first === undefined) return check(false, scene.seen, 'GET of the Binary of the document', 'none');
      return worst([
        atMost(1, fetched, 'requests for the Binary', first),
        check(header(first, 'authorization') !== '' && status(first) === 200, first, 'the Binary with the token', `status ${status(first)}`),
        attested(scene, pass),
      ]);
    }),
    faults: [{ name: 'lists documents and opens none', behaves: 'opens-no-documents' }],
  },
  {
    id: 'client.load.metadata-cached',
    level: 'FAST',
    text: 'Discovery documents, registration and connections are reused within their lifetime.',
    source: useCase('Requirement line L6 time'),
    lines: ['L1', 'L3', 'L6'],
    scenarios: allScenarios,
    judge: rereads,
    faults: [
      { name: 'reads metadata before every call', behaves: 'metadata-per-call' },
      {
        name: 'opens a connection for each request',
        sends: (request) => ({ ...request, headers: { ...request.headers, connection: 'close' } }),
        in: ['T9a'],
      },
      { name: 'registers before each token', behaves: 'registers-for-each-token', in: ['T4u'] },
    ],
  },
];
