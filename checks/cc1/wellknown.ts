import type { JsonObject } from '../../src/core/fhir.ts';
import { asString, at, isObject, jsonOf } from '../../src/core/fhir.ts';
import { all, check, fail, notAsked, notTestable, onFirst, pass, status, statusOf, warn } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Finding } from '../../src/core/model.ts';
import { allScenarios, fhirApi } from '../../src/core/steps.ts';
import { isHttpUrl, parseUrl } from '../../src/core/url.ts';
import { endpointNamed } from '../../src/core/wellknown.ts';
import { set } from '../alter.ts';
import { allOf, always } from '../applies.ts';
import { group } from '../group.ts';
import { hrex, pdex22 } from '../sources.ts';
import { hasWellKnown } from './directory.ts';

/** The payer's davinci-configuration file (HRex). */

const onFile = (judge: (file: JsonObject, exchange: Exchange, evidence: Evidence) => Finding) =>
  onFirst({ step: 'wellknown.davinci' }, (exchange, evidence) => {
    const file = statusOf(exchange) === 200 ? jsonOf(exchange.response) : undefined;
    return isObject(file) ? judge(file, exchange, evidence) : notTestable('There is no file to judge: see cc1.hrex.wellknown.available.', 'payer');
  });
const isUri = (value: unknown): boolean => typeof value === 'string' && value !== '' && !/[\s<>"{}|\\^`]/.test(value);
const minute = 60_000;
const ageOf = (exchange: Exchange, issuedAt: string): number => (Date.parse(exchange.startedAt) - Date.parse(issuedAt)) / minute;

/** When a time-limited URL was issued, as the target file says. */
const issuedAtOf = ({ target: { wellKnown } }: Evidence): string => (wellKnown?.timeLimited ? wellKnown.timeLimited.issuedAt : '');

export const wellKnownChecks: readonly Check[] = group({ scenarios: allScenarios, lines: ['L1'], applies: hasWellKnown }, [
  {
    id: 'cc1.hrex.wellknown.available',
    level: 'SHALL',
    text: 'The payer well-known file is reachable over ordinary TLS (no client certificate) and returns a JSON document.',
    source: hrex('endpoint-discovery.html'),
    judge: onFirst({ step: 'wellknown.davinci' }, (exchange) => {
      if (statusOf(exchange) === 401) return warn(exchange, 'the file without a token', 'status 401');
      return all(
        () => status(exchange, 200),
        () =>
          check(
            isObject(jsonOf(exchange.response)),
            exchange,
            'a JSON object',
            `Content-Type ${exchange.response?.headers['content-type'] ?? 'absent'}`,
          ),
      );
    }),
    faults: [
      {
        name: 'serves a web page instead of the file',
        at: 'wellknown.davinci',
        alter: (response) => ({ ...response, headers: { 'content-type': 'text/html' }, body: '<!doctype html><title>Welcome</title>' }),
      },
    ],
  },
  {
    id: 'cc1.hrex.wellknown.identifier',
    level: 'SHALL',
    lines: ['L1', 'L4'],
    text: 'The file names the payer with one Identifier.',
    source: hrex('StructureDefinition-HRexWellknownDefinition.html'),
    judge: onFile((file, exchange) => {
      const [system, value] = [asString(at(file, 'identifier', 'system')), asString(at(file, 'identifier', 'value'))];
      return check(
        (system ?? '') !== '' && (value ?? '') !== '',
        exchange,
        'identifier, one object with system and value',
        JSON.stringify(file['identifier'] ?? 'absent'),
      );
    }),
    faults: [{ name: 'leaves the identifier out', at: 'wellknown.davinci', alter: set({ identifier: undefined }) }],
  },
  {
    id: 'cc1.hrex.wellknown.endpoints',
    level: 'SHALL',
    text: 'The file lists at least one endpoint as a key with a URI value; keys come (extensibly) from the HRex endpoint name value set.',
    source: hrex('StructureDefinition-HRexWellknownDefinition.html'),
    judge: onFile((file, exchange) => {
      const { endpoints } = file;
      if (!isObject(endpoints) || Object.keys(endpoints).length === 0)
        return fail(exchange, 'endpoints, an object with at least one entry', JSON.stringify(endpoints ?? 'absent'));
      const odd = Object.entries(endpoints).find(([, value]) => !isUri(value));
      if (odd) return fail(exchange, 'a URI for every endpoint', `${odd[0]}: ${JSON.stringify(odd[1])}`);
      const relative = Object.entries(endpoints).find(
        ([name, value]) => name !== 'payer-identifier' && parseUrl(String(value)) === undefined && !/^[a-z]+:/i.test(String(value)),
      );
      return relative ? warn(exchange, 'absolute URLs', `${relative[0]}: ${String(relative[1])}`) : pass;
    }),
    faults: [
      {
        name: 'lists something that is no URI',
        at: 'wellknown.davinci',
        alter: set((file) => ({
          endpoints: { ...(isObject(file['endpoints']) ? file['endpoints'] : {}), davinci_cdex_attachsubmit_endpoint: 'ask us by mail' },
        })),
      },
    ],
  },
  {
    id: 'cc1.hrex.wellknown.lifetime',
    level: 'SHALL',
    lines: ['L1', 'L6'],
    text: 'A time-limited configuration URL stays usable for at least one hour after it is generated.',
    source: hrex('endpoint-discovery.html'),
    applies: allOf(hasWellKnown, ({ target }) =>
      target.wellKnown?.timeLimited === undefined
        ? notAsked('wellKnown.timeLimited', 'when the URL was issued, or false where it is not limited in time')
        : target.wellKnown.timeLimited !== false || 'The target file says that the URL is not limited in time (wellKnown.timeLimited).',
    ),
    judge: onFirst({ step: 'wellknown.davinci', variant: 'again' }, (exchange, evidence) => {
      const first = evidence.exchanges.find((each) => each.step === 'wellknown.davinci' && each.variant === undefined);
      if (first && statusOf(first) !== 200) return notTestable('The file was never there: see cc1.hrex.wellknown.available.', 'payer');
      const age = ageOf(exchange, issuedAtOf(evidence));
      if (statusOf(exchange) !== 200 && age < 60)
        return fail(exchange, 'the file for an hour after its URL was made', `status ${statusOf(exchange)} after ${Math.round(age)} minutes`);
      return age >= 55 && statusOf(exchange) === 200
        ? pass
        : notTestable(`The URL is ${Math.round(age)} minutes old; run this between 55 and 60 minutes after it was made.`, 'payer');
    }),
    faults: [{ name: 'forgets its URL within the hour', at: 'wellknown.davinci', behaviour: 'forgets-its-configuration-url' }],
  },
  {
    id: 'cc1.pdex.endpoint-discovery',
    level: 'SHOULD',
    scenarios: fhirApi,
    text: 'A PDex payer supports HRex endpoint discovery for the Provider Access API.',
    source: pdex22('index.html', 'index.html Endpoint Discovery'),
    holds: [{ ig: guides.pdex, from: '2.1.0' }],
    applies: always,
    judge: (evidence) =>
      evidence.target.wellKnown === undefined
        ? notTestable('The target file names no davinci-configuration URL (wellKnown): ask the payer for it.', 'target-file')
        : onFile((file, exchange) =>
            check(isHttpUrl(endpointNamed(file, 'davinci_pdex_provider_endpoint')), exchange, 'endpoints.davinci_pdex_provider_endpoint', 'absent'),
          )(evidence),
    faults: [
      {
        name: 'does not list the provider endpoint',
        at: 'wellknown.davinci',
        alter: set((file) => ({ endpoints: { davinci_crd_hook_endpoint: at(file['endpoints'], 'davinci_crd_hook_endpoint') ?? 'urn:none' } })),
      },
    ],
  },
]);
