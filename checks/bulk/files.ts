import { asArray, asString, at, isObject, literalReference, mediaTypeOf, type Resource } from '../../src/core/fhir.ts';
import {
  answered,
  check,
  describeBody,
  fail,
  notApplicable,
  notReached,
  notTestable,
  onEach,
  onFirst,
  pass,
  select,
  statusOf,
  warn,
  worst,
} from '../../src/core/findings.ts';
import type { Check, Evidence, Exchange, Finding, Json } from '../../src/core/model.ts';
import { isHttpUrl, parseUrl } from '../../src/core/url.ts';
import { allOf, claimOf, compareVersions, declaresType, guides } from '../applies.ts';
import { allowsWrites, bulkFrom, declaresBulk, declaresExport, named } from './applies.ts';
import {
  type Export,
  exportOf,
  fileOf,
  filesOfKind,
  isExport,
  itemsOf,
  keyOf,
  mainExports,
  onExport,
  onExports,
  referencesIn,
  rowsOf,
  some,
  typesOf,
  unreadable,
  whenWhole,
} from './exports.ts';
import { html, mainKickoff, onJson, onManifest, where, withHeader } from './plant.ts';

/** Files of the main exports, each judged; with the export they belong to. */
const onFiles =
  (judge: (file: Exchange, job: Export) => Finding) =>
  (evidence: Evidence): Finding =>
    onExports(mainExports, (job) => {
      const files = filesOfKind(job, 'output');
      return files.length === 0
        ? notTestable(`The export "${job.variant}" brought no file.`)
        : worst(files.map((file) => answered(file) ?? judge(file, job)));
    })(evidence);

function ndjson(file: Exchange): Finding {
  if (statusOf(file) !== 200) return notTestable(`${file.request.url} answered ${statusOf(file)}.`);
  if (unreadable(file)) return notTestable(`${file.request.url} cannot be decoded (see bulk.file.encoding).`);
  const { facts = {} } = file;
  const type = asString(facts['file.type']);
  const media = mediaTypeOf(file.response);
  if (media !== 'application/fhir+ndjson')
    return fail(file, 'Content-Type application/fhir+ndjson', `Content-Type ${media === '' ? 'absent' : media}`);
  const bad = facts['file.bad'];
  if (isObject(bad)) return fail(file, 'one JSON resource on each line', `line ${JSON.stringify(bad['line'])}: ${asString(bad['why']) ?? ''}`);
  const types = Object.keys(isObject(facts['file.types']) ? facts['file.types'] : {});
  if (type !== undefined && type !== '' && types.some((each) => each !== type))
    return fail(file, `${type} resources only`, `also ${types.filter((each) => each !== type).join(', ')}`);
  return facts['file.bom'] === true ? warn(file, 'no byte order mark (RFC 8259)', 'a byte order mark before the first line') : pass;
}

const encodingJudge = (file: Exchange, evidence: Evidence): Finding => {
  const sent = file.response?.headers['content-encoding'];
  const finding = ((): Finding => {
    if (statusOf(file) !== 200) return notTestable(`${file.request.url} answered ${statusOf(file)}.`);
    if (sent !== undefined && !['identity', 'gzip', 'x-gzip'].includes(sent.toLowerCase()))
      return fail(file, 'an encoding that was offered, or gzip', `Content-Encoding: ${sent}`);
    const broken = asString(file.facts?.['file.decodeError']);
    if (broken !== undefined) return fail(file, `a body in ${sent ?? 'identity'} encoding`, broken);
    return check(
      file.facts?.['file.gzipBytes'] !== true || sent !== undefined,
      file,
      'Content-Encoding: gzip on gzip bytes',
      'gzip bytes without Content-Encoding',
    );
  })();
  const version = claimOf(evidence, guides.bulk)?.version;
  // Before Bulk Data 3.0 this is HTTP's rule, not the guide's.
  return finding.outcome === 'fail' && (version === undefined || compareVersions(version, '3.0.0') < 0)
    ? { ...finding, severity: 'warning' }
    : finding;
};

/** Attachment.url without data, with the row it stands in. */
const attachments = (value: Json | undefined): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap((each: Json) => attachments(each));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, each]) => {
    const url = name === 'attachment' || name === 'content' ? asString(at(each, 'url')) : undefined;
    return url !== undefined && at(each, 'data') === undefined ? [url] : attachments(each);
  });
};

const plain = (row: Resource): string => JSON.stringify(row);

export const fileChecks: readonly Check[] = [
  {
    id: 'bulk.file.ndjson',
    level: 'SHALL',
    lines: ['L2'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'Files are NDJSON with Content-Type application/fhir+ndjson, one resource of the declared type per line.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '1.0.1; kept in 2.0.0 and 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-output-file-request',
      section: '#bulk-data-output-file-request',
    },
    applies: declaresBulk,
    judge: onFiles(ndjson),
    faults: [
      { name: 'sends files as application/json', at: 'bulk.file', alter: withHeader('content-type', 'application/json') },
      {
        name: 'splits a resource over two lines',
        at: 'bulk.file',
        behaviour: 'splits-a-line',
        alsoFails: { 'bulk.manifest.count': 'one line too many' },
      },
      { name: 'sends a JSON array', at: 'bulk.file', behaviour: 'sends-an-array', alsoFails: { 'bulk.manifest.count': 'an array is one line' } },
      { name: 'mixes types in one file', at: 'bulk.file', behaviour: 'mixes-types' },
      { name: 'begins a file with a byte order mark', at: 'bulk.file', behaviour: 'sends-a-bom' },
    ],
  },
  {
    id: 'bulk.file.token',
    level: 'SHALL',
    lines: ['L3'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'When requiresAccessToken is true a file request without a valid token fails, and with the token succeeds.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '2.0.0; unchanged in 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-output-file-request',
      section: '#bulk-data-output-file-request',
    },
    applies: bulkFrom('2.0.0'),
    judge: onExport('group', (job, evidence) => {
      if (job.manifest['requiresAccessToken'] !== true) return notApplicable('The manifest says that files need no token.');
      return worst(
        ['bulk.file.no-token', 'bulk.file.broken-token'].map((probe) =>
          onEach({ step: 'bulk.file', probe }, (exchange) => {
            const seen = statusOf(exchange);
            if (seen === 401 || seen === 403) return pass;
            return seen === 404
              ? { outcome: 'pass', note: 'refused with 404' }
              : fail(exchange, '401 or 403 for a file without a valid token', `status ${seen}`);
          })(evidence),
        ),
      );
    }),
    faults: [{ name: 'serves files to everybody', at: 'bulk.file', behaviour: 'opens-main-files' }],
  },
  {
    id: 'bulk.file.capability-url',
    level: 'SHALL',
    lines: ['L3'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'When requiresAccessToken is false the URL works without a token.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/export.html#bulk-data-output-file-request',
      section: '#bulk-data-output-file-request',
    },
    applies: bulkFrom('3.0.0'),
    judge: onExport('group', (job, evidence) => {
      if (job.manifest['requiresAccessToken'] !== false) return notApplicable('The manifest says that files need a token.');
      return onEach({ step: 'bulk.file', probe: 'bulk.file.no-token' }, (exchange) =>
        check(statusOf(exchange) === 200, exchange, '200 without a token', describeBody(exchange)),
      )(evidence);
    }),
    faults: [
      {
        name: 'hands out capability URLs that do not work',
        at: 'bulk.status',
        alter: onManifest(mainKickoff, (manifest) => ({ ...manifest, requiresAccessToken: false })),
        alsoFails: {
          'bulk.manifest.requires-token-true': 'the same contradiction seen from the manifest',
          'bulk.file.accessible': 'asked for as flagged, the files are refused',
        },
      },
    ],
  },
  {
    id: 'bulk.file.encoding',
    level: 'SHALL',
    lines: ['L2'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'Compressed files are announced by Content-Encoding.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/export.html#bulk-data-output-file-request',
      section: '#bulk-data-output-file-request',
    },
    applies: declaresBulk,
    judge: (evidence) => {
      const files = [
        ...select(evidence, { step: 'bulk.file', variant: 'group', where: (each) => statusOf(each) === 200 }),
        ...select(evidence, { step: 'bulk.file', variant: 'group/identity' }),
      ];
      return files.length === 0
        ? notReached(evidence, { step: 'bulk.file', variant: 'group' })
        : worst(files.map((file) => answered(file) ?? encodingJudge(file, evidence)));
    },
    faults: [
      { name: 'compresses without saying so', at: 'bulk.file', behaviour: 'hides-gzip' },
      { name: 'cuts the compressed stream short', at: 'bulk.file', behaviour: 'cuts-gzip' },
    ],
  },
  {
    id: 'bulk.file.error',
    level: 'SHALL',
    lines: ['L7'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'A file error is 4XX/5XX.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '1.0.1; kept in 2.0.0 and 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-output-file-request',
      section: '#bulk-data-output-file-request',
    },
    applies: declaresBulk,
    judge: onFirst({ step: 'bulk.file', probe: 'bulk.file.mangled' }, (exchange) =>
      check(statusOf(exchange) >= 400, exchange, 'a 4xx or 5xx status for a file that does not exist', `status ${statusOf(exchange)}`),
    ),
    faults: [{ name: 'answers 200 with a page for a file that does not exist', at: 'bulk.file', alter: where(/-no-such-file/, html(200)) }],
  },
  {
    id: 'bulk.file.latest-version',
    level: 'SHALL',
    lines: ['L2'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'Only the newest version of a resource is exported.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '1.0.1; kept in 2.0.0 and 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-output-file-request',
      section: '#bulk-data-output-file-request',
    },
    applies: declaresBulk,
    judge: onExports(mainExports, (job) => {
      const seen = new Map<string, Resource>();
      const [differing, repeated]: [string[], string[]] = [[], []];
      for (const row of rowsOf(job)) {
        const before = seen.get(keyOf(row));
        if (before) (plain(before) === plain(row) ? repeated : differing).push(keyOf(row));
        seen.set(keyOf(row), row);
      }
      if (differing.length > 0) return fail(job.final, 'one version of each resource', `several of ${some(differing)}`);
      return repeated.length > 0 ? warn(job.final, 'each resource once', `the same rows again: ${some(repeated)}`) : pass;
    }),
    faults: [
      {
        name: 'exports an old version beside the new one',
        at: 'bulk.file',
        behaviour: 'exports-two-versions',
        alsoFails: { 'bulk.manifest.count': 'one row too many' },
      },
    ],
  },
  {
    id: 'bulk.file.transaction-time',
    level: 'SHALL',
    lines: ['L2'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'All matching resources changed up to transactionTime are in the export.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '1.0.1; kept in 2.0.0 and 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---complete-status',
      section: '#response---complete-status',
    },
    applies: allOf(
      declaresBulk,
      named('way to change a resource (bulk.hooks.change)', ({ target }) => target.bulk?.hooks?.change),
      allowsWrites,
    ),
    judge: (evidence) => {
      const changed = select(evidence, { step: 'operation', variant: 'switch/change' })[0];
      const reference = /"reference":"([^"]+)"/.exec(changed?.request.body ?? '')?.[1];
      if (!changed || reference === undefined) return notReached(evidence, { step: 'operation', variant: 'switch/change' });
      return onExport('since/second', (job) =>
        whenWhole(job, () => {
          const present = rowsOf(job).some((row) => keyOf(row) === reference);
          const time = asString(job.manifest['transactionTime']) ?? '';
          if (Date.parse(time) < Date.parse(changed.startedAt))
            return notTestable(`transactionTime ${time} lies before the change; the export may leave it out.`);
          return check(present, job.final, `${reference}, changed before transactionTime ${time}`, 'it is missing');
        }),
      )(evidence);
    },
    faults: [{ name: 'misses a change made before the export', at: 'bulk.status', behaviour: 'misses-changes' }],
  },
  {
    id: 'bulk.file.references',
    level: 'MAY',
    lines: ['L2'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'References are relative (Type/id) or absolute in the server base.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '1.0.1; kept in 2.0.0 and 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-kick-off-request',
      section: '#bulk-data-kick-off-request',
    },
    applies: declaresBulk,
    judge: onExports(mainExports, (job) => {
      const odd = rowsOf(job).flatMap((row) =>
        referencesIn(row).filter((each) => !each.startsWith('#') && !each.startsWith('urn:') && literalReference(each) === undefined),
      );
      return odd.length === 0 ? pass : warn(job.final, 'references as Type/id, absolute, or # for contained', some(odd));
    }),
    faults: [{ name: 'writes references without a type', at: 'bulk.file', behaviour: 'bares-references' }],
  },
  {
    id: 'bulk.file.attachment-url',
    level: 'SHALL',
    lines: ['L2'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'An Attachment without data has an absolute url that works with the same token rule.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '2.0.0; unchanged in 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#attachments',
      section: '#attachments',
    },
    applies: bulkFrom('2.0.0'),
    judge: onExport('everything', (job, evidence) => {
      const urls = rowsOf(job).flatMap(attachments);
      if (urls.length === 0) return notApplicable('No row has an Attachment by url.');
      const relative = urls.filter((url) => !isHttpUrl(url));
      if (relative.length > 0) return fail(job.final, 'an absolute url on each Attachment without data', some(relative));
      return onFirst({ step: 'bulk.file', variant: 'attachment' }, (exchange) =>
        check(statusOf(exchange) === 200, exchange, '200 for the url of an Attachment', describeBody(exchange)),
      )(evidence);
    }),
    faults: [
      {
        name: 'gives attachments a relative url',
        at: 'bulk.file',
        alter: (response) => ({ ...response, body: response.body.replaceAll(/"url":"https?:\/\/[^"]*\/attachment\//g, '"url":"/attachment/') }),
      },
      { name: 'does not serve attachments', at: 'bulk.file', alter: where(/\/attachment\//, html(404)) },
    ],
  },
  {
    id: 'bulk.provenance.default',
    level: 'SHALL',
    lines: ['L2'],
    scenarios: ['S6'],
    text: 'Without includeAssociatedData for provenance, all Provenance that targets exported patient data is included unless _type excludes it.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '2.0.0; unchanged in 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#query-parameters',
      section: '#query-parameters',
    },
    applies: allOf(
      bulkFrom('2.0.0'),
      declaresExport('Patient'),
      declaresType('Provenance'),
      named('Provenance that the known member has (members.known.holds)', ({ target }) => target.members.known?.holds?.['Provenance']?.length),
    ),
    judge: onExport('patient-level', (job) =>
      check(
        typesOf(job).includes('Provenance') || rowsOf(job, 'Provenance').length > 0,
        job.final,
        'Provenance among the files, as nothing excluded it',
        `types: ${typesOf(job).join(', ')}`,
      ),
    ),
    faults: [{ name: 'leaves Provenance out', at: 'bulk.status', behaviour: 'omits-provenance' }],
  },
  {
    id: 'bulk.tls',
    level: 'SHALL',
    lines: ['L3'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'All exchanges (kick-off, status, manifest, file) use TLS 1.2 or newer.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '1.0.1; kept in 2.0.0 and 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/export.html#privacy-and-security-considerations',
      section: '#privacy-and-security-considerations',
    },
    applies: (evidence) => {
      const bound = declaresBulk(evidence);
      if (bound !== true) return bound;
      const { base } = evidence.target.fhir ?? {};
      const local = base !== undefined && parseUrl(base)?.scheme === 'http';
      return !local || evidence.target.claims?.['tls.always'] === true || 'The FHIR base is plain http: a local test server.';
    },
    judge: (evidence) => {
      const seen = select(evidence, { step: 'bulk.kickoff' }).flatMap((exchange) => {
        const url = exchange.response?.headers['content-location'];
        return isHttpUrl(url) ? [{ exchange, url }] : [];
      });
      const files = select(evidence, { step: 'bulk.file' }).map((exchange) => ({ exchange, url: exchange.request.url }));
      const all = [...seen, ...files];
      if (all.length === 0) return notReached(evidence, { step: 'bulk.kickoff' });
      const open = all.find(({ url }) => parseUrl(url)?.scheme !== 'https');
      return open ? fail(open.exchange, 'https for status and file URLs', open.url) : pass;
    },
    faults: [
      {
        name: 'hands out plain http file URLs where TLS is demanded',
        at: 'bulk.status',
        alter: onJson((value) => value),
        target: { claims: { 'tls.always': true } },
      },
    ],
  },
  {
    id: 'bulk.file.accessible',
    level: 'SHALL',
    lines: ['L2'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'Every file listed in the manifest can be fetched at its url until Expires.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '1.0.1; kept in 2.0.0 and 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/export.html#response---complete-status',
      section: '#response---complete-status',
    },
    applies: declaresBulk,
    judge: onExports(mainExports, (job) => {
      const items = itemsOf(job.manifest).filter((item) => isHttpUrl(item.url));
      return worst([
        pass,
        ...items.map((item) => {
          const file = fileOf(job, item);
          if (!file) return notTestable(`${item.url} was not asked for.`);
          return answered(file) ?? check(statusOf(file) === 200, file, '200 for a file that the manifest lists', describeBody(file));
        }),
      ]);
    }),
    faults: [{ name: 'does not have a file that it lists', at: 'bulk.file', behaviour: 'loses-a-file' }],
  },
  {
    id: 'bulk.file.no-binary',
    level: 'SHALL',
    lines: ['L2'],
    scenarios: ['S3', 'S5', 'S6'],
    text: 'Binary content of a patient is exported as DocumentReference with attachment, not as Binary.',
    source: {
      ig: 'hl7.fhir.uv.bulkdata',
      version: '2.0.0; unchanged in 3.0.0',
      url: 'http://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-kick-off-request',
      section: '#bulk-data-kick-off-request',
    },
    applies: bulkFrom('2.0.0'),
    judge: (evidence) => {
      const jobs = [...mainExports, 'everything', 'narrow'].map((variant) => exportOf(evidence, variant));
      const found = jobs.filter(isExport);
      const binary = found.find((job) => typesOf(job).includes('Binary'));
      if (binary) return fail(binary.final, 'documents as DocumentReference with an attachment', 'an output item of type Binary');
      return found.length === 0 ? (jobs[0] as Finding) : pass;
    },
    faults: [
      {
        name: 'exports documents as Binary',
        at: 'bulk.status',
        alter: onJson((manifest) => {
          const output = asArray(manifest['output']);
          const document = output.find((item) => at(item, 'type') === 'DocumentReference');
          return isObject(document) ? { ...manifest, output: [...output, { ...document, type: 'Binary' }] } : manifest;
        }),
      },
    ],
  },
];
