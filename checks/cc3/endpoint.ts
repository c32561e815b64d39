import { capabilityOf } from '../../src/core/capability.ts';
import { asArray, asString, at, entriesOf, isObject, type JsonObject, jsonOf } from '../../src/core/fhir.ts';
import { notTestable, pass, warn, worst } from '../../src/core/findings.ts';
import type { Check, Evidence, Exchange, Json } from '../../src/core/model.ts';
import { allScenarios } from '../../src/core/steps.ts';
import { sameBase } from '../../src/core/url.ts';
import { alterBody } from '../alter.ts';
import { useCase } from '../sources.ts';
import { majorMinor, statements } from './statement.ts';
import { versionsOf } from './versions.ts';

const extension = 'http://hl7.org/fhir/StructureDefinition/endpoint-fhir-version';

/** Endpoint resources in a directory answer: the body itself or Bundle entries. */
const endpointsIn = (exchange: Exchange): readonly JsonObject[] => {
  const body = jsonOf(exchange.response);
  return [body, ...entriesOf(body).map((each) => each.resource)].filter(isObject).filter((each) => each['resourceType'] === 'Endpoint');
};
const versionsIn = (endpoint: JsonObject): readonly string[] =>
  asArray(endpoint['extension']).flatMap((each) =>
    at(each, 'url') === extension ? (asString(at(each, 'valueCode')) ?? asString(at(each, 'valueString')) ?? []) : [],
  );
/** What Endpoints at the address of the live server say in the directory; other payers' Endpoints do not concern us. */
const stated = (evidence: Evidence): readonly (readonly [Exchange, readonly string[]])[] => {
  const base = statements(evidence)[0]?.[0].request.url.replace(/\/metadata(\?.*)?$/, '');
  return evidence.exchanges
    .filter(({ step, probe }) => step.startsWith('directory.') && probe === undefined)
    .flatMap((exchange) =>
      endpointsIn(exchange)
        .filter((endpoint) => base !== undefined && sameBase(asString(endpoint['address']) ?? '', base) && versionsIn(endpoint).length > 0)
        .map((endpoint) => [exchange, versionsIn(endpoint)] as const),
    );
};

/** Every Endpoint in the answer says FHIR 3.0.2. */
function outdated(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(outdated);
  if (!isObject(value)) return value;
  const body = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, outdated(each)]));
  if (value['resourceType'] !== 'Endpoint') return body;
  const others = asArray(value['extension']).filter((each) => at(each, 'url') !== extension);
  return { ...body, extension: [...others, { url: extension, valueCode: '3.0.2' }] };
}

export const endpointChecks: readonly Check[] = [
  {
    id: 'cc3.endpoint.fhir-version-extension',
    level: 'FAST',
    lines: ['L1'],
    scenarios: allScenarios,
    text: 'The FHIR version in a directory Endpoint extension does not contradict the live server.',
    source: useCase('Scenario 1 line 1; shape from hl7.fhir.uv.extensions endpoint-fhir-version'),
    applies: (evidence) => stated(evidence).length > 0 || 'No directory Endpoint carries the endpoint-fhir-version extension.',
    judge: (evidence) => {
      const lived = majorMinor(asString(at(capabilityOf(evidence), 'fhirVersion')));
      if (lived === undefined) return notTestable('Metadata gave no usable fhirVersion to compare with.', 'payer');
      const right = new Set([lived, ...versionsOf(evidence)]);
      return worst(
        stated(evidence).map(([exchange, told]) =>
          told.some((each) => right.has(majorMinor(each) ?? ''))
            ? pass
            : warn(exchange, `one of FHIR ${[...right].join(', ')} in the Endpoint's extension`, told.join(', ')),
        ),
      );
    },
    faults: [
      {
        name: 'says 3.0.2 in the directory while the server speaks 4.0.1',
        at: ['directory.endpoint', 'directory.organization'],
        drives: ['discover'],
        alter: alterBody((body) => outdated(body) as JsonObject),
      },
    ],
  },
];
