import { capabilityOf } from '../../src/core/capability.ts';
import { honest, refusedBeside, sameRequest } from '../../src/core/controls.ts';
import { asArray, asString, at, isResource, jsonOf, mediaTypeOf } from '../../src/core/fhir.ts';
import { all, check, fail, notTestable, onEach, onFirst, pass, select, statusOf, warn, worst } from '../../src/core/findings.ts';
import type { Check, Exchange, Expected } from '../../src/core/model.ts';
import { allScenarios } from '../../src/core/steps.ts';
import { emptySearchset, instead, refuse, when } from '../alter.ts';
import { declaresInteraction } from '../applies.ts';
import { group } from '../group.ts';
import { r4 } from '../sources.ts';
import { answeredInJson, majorMinor, statementIn } from './statement.ts';
import { versionsOf } from './versions.ts';

const notAcceptable: Expected = {
  status: [406, 404],
  codes: ['not-supported', 'invalid', 'structure'],
  names: ['version', 'Accept', 'format'],
  action: 'correct',
};
const accept = (exchange: Exchange): string => exchange.request.headers['accept'] ?? '';

const formatValues = ['format-json', 'format-application-json', 'format-fhir-json'] as const;

export const negotiationChecks: readonly Check[] = group({ scenarios: allScenarios, lines: ['L1'] }, [
  {
    id: 'cc3.mime.version-accepted',
    level: 'SHOULD',
    text: 'The fhirVersion MIME parameter is understood on Accept for a supported version.',
    source: r4('http.html#version-parameter'),
    judge: onFirst({ step: 'metadata', variant: 'fhirversion-4.0' }, (exchange, evidence) => {
      const asked = answeredInJson(exchange, accept(exchange), evidence);
      if (asked.outcome !== 'pass') return asked;
      const version = majorMinor(asString(at(jsonOf(exchange.response), 'fhirVersion')));
      if (version === undefined) return notTestable('The CapabilityStatement names no usable fhirVersion (see cc3.metadata.fhir-version).', 'payer');
      return check(version === '4.0', exchange, 'a CapabilityStatement for FHIR 4.0', `one for ${version}`);
    }),
    faults: [
      {
        name: 'refuses the FHIR version that it supports',
        at: 'metadata',
        alter: when(
          ({ headers }) => headers['accept']?.includes('fhirVersion=4.0') === true,
          refuse(406, 'not-supported', 'The fhirVersion parameter is not understood.'),
        ),
      },
    ],
  },
  {
    id: 'cc3.mime.version-unsupported',
    level: 'SHOULD',
    lines: ['L1', 'L7'],
    text: 'A metadata request for a FHIR version the server does not support is refused.',
    source: r4('http.html#capabilities', 'http.html#capabilities, #mime-type'),
    probes: [
      {
        id: 'metadata.fhirversion-1.0',
        step: 'metadata',
        suite: 'versions',
        expected: notAcceptable,
        request: ({ base }) =>
          base === undefined
            ? 'no FHIR base URL is known'
            : { method: 'GET', url: `${base}/metadata`, headers: { accept: 'application/fhir+json; fhirVersion=1.0' } },
      },
    ],
    applies: (evidence) => !versionsOf(evidence).includes('1.0') || 'The payer lists 1.0 in $versions, so it may well serve it.',
    judge: onFirst({ step: 'metadata', probe: 'metadata.fhirversion-1.0' }, (exchange) => {
      const seen = statusOf(exchange);
      if (seen >= 400 && seen < 500) return pass;
      const version = asString(at(statementIn(exchange), 'fhirVersion'));
      return check(
        majorMinor(version) === '1.0',
        exchange,
        'a 4xx status, or a statement for FHIR 1.0',
        `status ${seen} with content for ${version ?? 'no FHIR version'}`,
      );
    }),
    faults: [
      {
        name: 'silently answers with R4 when 1.0 is asked for',
        at: 'metadata',
        alter: when(
          ({ headers }) => headers['accept']?.includes('fhirVersion=1.0') === true,
          instead(200, { resourceType: 'CapabilityStatement', status: 'active', kind: 'instance', fhirVersion: '4.0.1' }),
        ),
      },
    ],
  },
  {
    id: 'cc3.conneg.not-acceptable',
    level: 'SHOULD',
    lines: ['L1', 'L7'],
    text: 'An Accept header that names only unsupported formats gets 406.',
    source: r4('http.html#mime-type'),
    probes: [
      {
        id: 'read.accept-csv',
        step: 'read',
        suite: 'rest.read',
        expected: notAcceptable,
        request: ({ base, patientId }) =>
          base === undefined || patientId === undefined
            ? 'no Patient is known'
            : { method: 'GET', url: `${base}/Patient/${patientId}`, headers: { accept: 'text/csv' }, token: 'default' },
      },
    ],
    judge: refusedBeside([{ step: 'read', probe: 'read.accept-csv' }], sameRequest, (exchange) => {
      const seen = statusOf(exchange);
      if (seen === 406) return pass;
      if (seen === 200 && isResource(jsonOf(exchange.response))) return warn(exchange, 'status 406', 'status 200 with FHIR JSON');
      if (seen >= 400 && seen < 500) return warn(exchange, 'status 406', `status ${seen}`);
      return fail(exchange, 'status 406', `status ${seen}${exchange.response?.body === '' ? ' with an empty body' : ''}`);
    }),
    faults: [
      {
        name: 'answers an unknown format with an empty 200',
        at: 'read',
        alter: when(
          ({ headers }) => headers['accept'] === 'text/csv',
          () => ({ status: 200, headers: { 'content-type': 'text/csv' }, body: '' }),
        ),
      },
    ],
  },
  {
    id: 'cc3.conneg.unsupported-media',
    level: 'SHOULD',
    lines: ['L1', 'L2', 'L7'],
    text: 'A body in an unsupported format gets 415.',
    source: r4('http.html#mime-type'),
    probes: [
      {
        id: 'search.text-plain',
        step: 'search',
        suite: 'rest.negatives',
        expected: {
          status: [415],
          codes: ['not-supported', 'invalid', 'structure', 'value'],
          names: ['Content-Type', 'content-type', 'x-www-form-urlencoded', 'media'],
          action: 'correct',
        },
        request: ({ base, patientId }) =>
          base === undefined || patientId === undefined
            ? 'no Patient is known'
            : {
                method: 'POST',
                url: `${base}/Condition/_search`,
                headers: { 'content-type': 'text/plain' },
                body: `patient=${patientId}`,
                token: 'default',
              },
      },
    ],
    applies: declaresInteraction('Condition', 'search-type'),
    judge: refusedBeside([{ step: 'search', probe: 'search.text-plain' }], honest({ step: 'search', variant: 'post' }), (exchange) => {
      const seen = statusOf(exchange);
      if (seen === 415) return pass;
      return seen >= 400 && seen < 500 ? warn(exchange, 'status 415', `status ${seen}`) : fail(exchange, 'status 415', `status ${seen}`);
    }),
    faults: [
      {
        name: 'accepts a form that is labelled as plain text',
        at: 'search',
        alter: when(({ headers }) => headers['content-type'] === 'text/plain', emptySearchset),
      },
    ],
  },
  {
    id: 'cc3.conneg.generic-json',
    level: 'SHOULD',
    text: 'A generic Accept: application/json is answered with JSON.',
    source: r4('http.html#mime-type'),
    judge: onFirst({ step: 'metadata', variant: 'accept-json' }, (exchange, evidence) =>
      answeredInJson(exchange, 'Accept: application/json', evidence),
    ),
    faults: [
      {
        name: 'refuses application/json',
        at: 'metadata',
        alter: when(({ headers }) => headers['accept'] === 'application/json', refuse(406, 'not-supported', 'Only application/fhir+json is served.')),
      },
    ],
  },
  {
    id: 'cc3.conneg.format-param',
    level: 'SHOULD',
    text: 'The _format parameter overrides Accept.',
    source: r4('http.html#parameters'),
    judge: onFirst({ step: 'metadata', variant: 'format-over-accept' }, (exchange, evidence) => answeredInJson(exchange, '_format=json', evidence)),
    faults: [
      {
        name: 'ignores _format and looks at Accept only',
        at: 'metadata',
        alter: when(
          ({ headers, url }) => headers['accept'] === 'application/fhir+xml' && url.includes('_format='),
          refuse(406, 'not-supported', 'XML is not served.'),
        ),
      },
    ],
  },
  {
    id: 'cc3.conneg.format-values',
    level: 'SHALL',
    text: 'The _format values json, application/json and application/fhir+json all mean the JSON format.',
    source: r4('http.html#parameters', 'http.html#parameters _format'),
    applies: (evidence) => {
      const [exchange] = select(evidence, { step: 'metadata', variant: 'format-over-accept' });
      if (!exchange) return { unknown: '_format was not tried' };
      return statementIn(exchange) !== undefined || 'The payer does not let _format override Accept (see cc3.conneg.format-param).';
    },
    judge: (evidence) =>
      worst(
        formatValues.map((variant) =>
          onFirst({ step: 'metadata', variant }, (exchange, evidence) =>
            answeredInJson(exchange, exchange.request.url.split('?')[1] ?? '', evidence),
          )(evidence),
        ),
      ),
    faults: [
      {
        name: 'knows _format=json but not _format=application/fhir+json',
        at: 'metadata',
        alter: when(({ url }) => /_format=application%2Ffhir%2Bjson/.test(url), refuse(406, 'not-supported', 'Unknown _format.')),
      },
    ],
  },
  {
    id: 'cc3.conneg.server-driven',
    level: 'SHALL',
    text: 'Servers support server-driven content negotiation.',
    source: r4('http.html#mime-type'),
    judge: (evidence) => {
      const declaresXml = asArray(at(capabilityOf(evidence), 'format')).some((each) => /xml/.test(asString(each) ?? ''));
      return worst([
        onFirst({ step: 'metadata', variant: 'accept-quality' }, (exchange, evidence) =>
          answeredInJson(exchange, 'an Accept header that prefers JSON', evidence),
        )(evidence),
        ...(declaresXml
          ? [
              onEach({ step: 'metadata', probe: 'metadata.in-xml' }, (exchange) =>
                all(() =>
                  check(
                    statusOf(exchange) === 200 && /xml/.test(mediaTypeOf(exchange.response)),
                    exchange,
                    'XML, as declared in format',
                    `status ${statusOf(exchange)} with ${mediaTypeOf(exchange.response) || 'no Content-Type'}`,
                  ),
                ),
              )(evidence),
            ]
          : []),
      ]);
    },
    faults: [
      {
        name: 'answers in XML although JSON is preferred',
        at: 'metadata',
        alter: when(
          ({ headers }) => headers['accept']?.includes('q=0.9') === true,
          (response) => ({
            ...response,
            headers: { ...response.headers, 'content-type': 'application/fhir+xml' },
            body: '<CapabilityStatement xmlns="http://hl7.org/fhir"><status value="active"/></CapabilityStatement>',
          }),
        ),
      },
    ],
  },
]);
