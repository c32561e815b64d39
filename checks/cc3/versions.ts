import { capabilityOf } from '../../src/core/capability.ts';
import { asArray, asString, at, isObject, isResource, type JsonObject, jsonOf } from '../../src/core/fhir.ts';
import { check, describeBody, fail, notTestable, onFirst, pass, select, statusOf, warn, worst } from '../../src/core/findings.ts';
import type { Check, Evidence, Exchange } from '../../src/core/model.ts';
import { allScenarios } from '../../src/core/steps.ts';
import { alterType, instead, refuse, when } from '../alter.ts';
import { always } from '../applies.ts';
import { group } from '../group.ts';
import { r4, useCase } from '../sources.ts';
import { majorMinor } from './statement.ts';

const asked = { step: 'versions', variant: 'fhir' } as const;

const parametersIn = (exchange: Exchange | undefined): readonly JsonObject[] | undefined => {
  const value = exchange?.response?.status === 200 ? jsonOf(exchange.response) : undefined;
  return isResource(value, 'Parameters') ? asArray(at(value, 'parameter')).filter(isObject) : undefined;
};
const codeOf = (parameter: JsonObject | undefined): string | undefined => asString(parameter?.['valueCode']) ?? asString(parameter?.['valueString']);

/** Versions that `$versions` lists; none when it is not offered. */
export const versionsOf = (evidence: Evidence): readonly string[] =>
  (parametersIn(select(evidence, asked)[0]) ?? []).flatMap((each) => (each['name'] === 'version' ? (codeOf(each) ?? []) : []));

const offered = (evidence: Evidence): true | string | { readonly unknown: string } => {
  const [exchange] = select(evidence, asked);
  if (!exchange) return { unknown: '$versions was not asked for' };
  return parametersIn(exchange) !== undefined || `The payer does not offer $versions (it answered ${statusOf(exchange)}).`;
};

const isFhir = ({ headers }: { readonly headers: Readonly<Record<string, string>> }): boolean => headers['accept'] === 'application/fhir+json';
const changed = (change: (parameter: JsonObject) => JsonObject | undefined) =>
  when(
    isFhir,
    alterType('Parameters', (body) => ({
      ...body,
      parameter: asArray(body['parameter'])
        .filter(isObject)
        .flatMap((each) => change(each) ?? []),
    })),
  );

export const versionsChecks: readonly Check[] = group({ scenarios: allScenarios, lines: ['L1'], applies: offered }, [
  {
    id: 'cc3.versions.operation',
    level: 'MAY',
    text: 'A server that handles several FHIR versions on one endpoint offers the $versions operation.',
    source: r4('capabilitystatement-operation-versions.html'),
    applies: always,
    judge: onFirst(asked, (exchange) => {
      const seen = statusOf(exchange);
      if (seen === 501 || (seen >= 400 && seen < 500)) return pass;
      return check(parametersIn(exchange) !== undefined, exchange, '200 with Parameters, any 4xx, or 501', describeBody(exchange));
    }),
    faults: [
      {
        name: 'answers $versions with a CapabilityStatement',
        at: 'versions',
        alter: when(isFhir, instead(200, { resourceType: 'CapabilityStatement', status: 'active', kind: 'instance', fhirVersion: '4.0.1' })),
      },
    ],
  },
  {
    id: 'cc3.versions.shape',
    level: 'SHALL',
    text: '$versions returns one or more version parameters and exactly one default parameter.',
    source: r4('capabilitystatement-operation-versions.html'),
    judge: onFirst(asked, (exchange) => {
      const parameters = parametersIn(exchange) ?? [];
      const count = (name: string) => parameters.filter((each) => each['name'] === name && codeOf(each) !== undefined).length;
      const [versions, defaults] = [count('version'), count('default')];
      return check(
        versions >= 1 && defaults === 1,
        exchange,
        'at least one version and exactly one default, as code or string',
        `${versions} version and ${defaults} default`,
      );
    }),
    faults: [{ name: 'names no default version', at: 'versions', alter: changed((each) => (each['name'] === 'default' ? undefined : each)) }],
  },
  {
    id: 'cc3.versions.major-minor',
    level: 'SHOULD',
    text: 'Values in $versions use the major.minor form, for example 4.0.',
    source: r4('capabilitystatement-operation-versions.html'),
    judge: onFirst(asked, (exchange) => {
      const wrong = (parametersIn(exchange) ?? []).flatMap((each) => codeOf(each) ?? []).filter((value) => !/^\d+\.\d+$/.test(value));
      return check(wrong.length === 0, exchange, 'versions as major.minor, such as 4.0', wrong.join(', '));
    }),
    faults: [
      {
        name: 'lists the version with its patch number',
        at: 'versions',
        alter: changed((each) => (each['name'] === 'version' ? { name: 'version', valueCode: '4.0.1' } : each)),
      },
    ],
  },
  {
    id: 'cc3.versions.default-agrees',
    level: 'FAST',
    text: 'The default version in $versions equals the version of metadata fetched without fhirVersion.',
    source: useCase('Scenario 1 line 1'),
    judge: onFirst(asked, (exchange, evidence) => {
      const told = majorMinor(codeOf((parametersIn(exchange) ?? []).find((each) => each['name'] === 'default')));
      const lived = majorMinor(asString(at(capabilityOf(evidence), 'fhirVersion')));
      if (told === undefined || lived === undefined)
        return notTestable('Default or fhirVersion is missing or unreadable (see cc3.versions.shape and cc3.metadata.fhir-version).', 'payer');
      return check(told === lived, exchange, `default ${lived}, as in metadata`, `default ${told}`);
    }),
    faults: [
      {
        name: 'names a default that metadata contradicts',
        at: 'versions',
        alter: changed((each) => (each['name'] === 'default' ? { name: 'default', valueCode: '3.0' } : each)),
      },
    ],
  },
  {
    id: 'cc3.versions.json',
    level: 'SHALL',
    text: '$versions also answers the simple JSON form to Accept: application/json.',
    source: r4('capabilitystatement-operation-versions.html'),
    judge: (evidence) =>
      worst([
        onFirst({ step: 'versions', variant: 'json' }, (exchange) => {
          const body = jsonOf(exchange.response);
          if (statusOf(exchange) === 200 && isResource(body, 'Parameters'))
            return warn(exchange, 'a JSON object with versions and default', 'FHIR Parameters');
          const fits =
            statusOf(exchange) === 200 &&
            asArray(at(body, 'versions')).some((each) => typeof each === 'string') &&
            typeof at(body, 'default') === 'string';
          return fits ? pass : fail(exchange, '200 with a JSON object that holds versions (strings) and default (string)', describeBody(exchange));
        })(evidence),
      ]),
    faults: [
      {
        name: 'refuses the simple JSON form of $versions',
        at: 'versions',
        alter: when(({ headers }) => headers['accept'] === 'application/json', refuse(406, 'not-supported', 'Only FHIR Parameters are served.')),
      },
    ],
  },
]);
