import { asArray, asString, at, isObject } from '../../src/core/fhir.ts';
import { check, fail, pass, warn } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check } from '../../src/core/model.ts';
import { allScenarios } from '../../src/core/steps.ts';
import { alterType, without } from '../alter.ts';
import { group } from '../group.ts';
import { issueLine } from '../payload.ts';
import { r4, usCore } from '../sources.ts';
import { onStatements } from './statement.ts';

/** FHIR-version codes of R4. Source: http://hl7.org/fhir/R4/valueset-FHIR-version.html */
const versionCodes =
  /^(0\.01|0\.05|0\.06|0\.11|0\.0\.8[02]|0\.[45]\.0|1\.[0-8]\.[0-2]|3\.[0-35]\.[01a]|3\.0\.2|4\.[0-6]\.\d(-.+)?|5\.0\.0(-.+)?|6\.0\.0(-.+)?)$/;

const json = /^(json|application\/(fhir\+)?json)\s*(;|$)/i;

/** What the CapabilityStatement itself must say. */
export const contentChecks: readonly Check[] = group({ scenarios: allScenarios, lines: ['L1'] }, [
  {
    id: 'cc3.metadata.fhir-version',
    level: 'SHALL',
    text: 'The capability statement states one FHIR version from the FHIRVersion codes.',
    source: r4('capabilitystatement.html', 'capabilitystatement.html CapabilityStatement.fhirVersion'),
    judge: onStatements((statement, exchange) => {
      const version = asString(at(statement, 'fhirVersion'));
      if (version === '4.0.0') return warn(exchange, 'fhirVersion 4.0.1', 'fhirVersion 4.0.0');
      return check(
        version !== undefined && versionCodes.test(version),
        exchange,
        'fhirVersion with a FHIR-version code such as 4.0.1',
        `fhirVersion ${version ?? 'absent'}`,
      );
    }),
    faults: [
      {
        name: 'writes the FHIR version as free text',
        at: 'metadata',
        alter: alterType('CapabilityStatement', (body) => ({ ...body, fhirVersion: 'R4' })),
        alsoFails: { 'cc1.ndh.endpoint.connection-type-version': 'free text cannot confirm the version that the directory names' },
      },
    ],
  },
  {
    id: 'cc3.metadata.format',
    level: 'SHALL',
    text: 'JSON is a supported and declared format.',
    source: usCore('CapabilityStatement-us-core-server.html', 'CapabilityStatement-us-core-server.html rest.documentation'),
    holds: [{ ig: guides.usCore }, { ig: guides.planNet }],
    judge: onStatements((statement, exchange) => {
      const formats = asArray(at(statement, 'format')).flatMap((each) => asString(each) ?? []);
      return check(
        formats.some((each) => json.test(each)),
        exchange,
        'json or application/fhir+json in CapabilityStatement.format',
        `format ${formats.join(', ') || 'absent'}`,
      );
    }),
    faults: [
      {
        name: 'declares Turtle only',
        at: 'metadata',
        alter: alterType('CapabilityStatement', (body) => ({ ...body, format: ['application/fhir+turtle'] })),
      },
    ],
  },
  {
    id: 'cc3.metadata.kind-instance',
    level: 'SHOULD',
    text: 'A live server describes itself as kind=instance.',
    source: r4('capabilitystatement.html'),
    judge: onStatements((statement, exchange) =>
      check(at(statement, 'kind') === 'instance', exchange, 'kind instance', `kind ${asString(at(statement, 'kind')) ?? 'absent'}`),
    ),
    faults: [
      {
        name: 'describes requirements instead of itself',
        at: 'metadata',
        alter: alterType('CapabilityStatement', (body) => ({ ...without(body, 'software', 'implementation'), kind: 'requirements' })),
      },
    ],
  },
  {
    id: 'cc3.metadata.valid',
    level: 'SHALL',
    text: 'The capability statement is a valid R4 CapabilityStatement.',
    source: r4('capabilitystatement.html', 'CapabilityStatement cardinalities and invariants cpb-1, cpb-2, cpb-14, cpb-15, cpb-16'),
    judge: onStatements((statement, exchange) => {
      const has = (name: string) => at(statement, name) !== undefined;
      const filled = (name: string) => asArray(at(statement, name)).length > 0;
      const kind = at(statement, 'kind');
      const missing = [
        ...['status', 'date', 'kind', 'fhirVersion'].filter((name) => !has(name)),
        ...(filled('format') ? [] : ['format']),
        ...(['rest', 'messaging', 'document'].some(filled) ? [] : ['one of rest, messaging, document (cpb-1)']),
        ...(['description', 'software', 'implementation'].some(has) ? [] : ['one of description, software, implementation (cpb-2)']),
        ...(kind !== 'instance' || isObject(at(statement, 'implementation')) ? [] : ['implementation, as kind is instance (cpb-14)']),
        ...(kind !== 'capability' || (has('software') && !has('implementation'))
          ? []
          : ['software and no implementation, as kind is capability (cpb-15)']),
        ...(kind !== 'requirements' || (!has('software') && !has('implementation'))
          ? []
          : ['neither software nor implementation, as kind is requirements (cpb-16)']),
      ];
      if (missing.length > 0) return fail(exchange, 'a valid R4 CapabilityStatement', `missing or wrong: ${missing.join('; ')}`);
      const version = asString(at(statement, 'fhirVersion')) ?? '';
      if (versionCodes.test(version) && !/^4\.[0-3]\./.test(version))
        return fail(exchange, 'an R4 CapabilityStatement: every guide of this catalogue builds on FHIR 4.0.1', `fhirVersion ${version}`);
      const [first, ...more] = (exchange.issues ?? []).filter((each) => each.severity === 'error' && !/fhirVersion$/.test(each.expression));
      return first
        ? fail(exchange, 'a valid R4 CapabilityStatement', `${issueLine(first)}${more.length > 0 ? ` (and ${more.length} more)` : ''}`)
        : pass;
    }),
    faults: [
      { name: 'leaves out the date', at: 'metadata', alter: alterType('CapabilityStatement', (body) => without(body, 'date')) },
      {
        name: 'is a server of FHIR STU3',
        at: 'metadata',
        alter: alterType('CapabilityStatement', (body) => ({ ...body, fhirVersion: '3.0.1' })),
        alsoFails: {
          'cc1.ndh.endpoint.connection-type-version': 'the directory names R4',
          'cc3.versions.default-agrees': '$versions still names R4',
          'cc3.mime.version-accepted': 'the statement for 4.0 is one of STU3',
        },
      },
      {
        name: 'gives a supported profile as a plain string',
        at: 'metadata',
        alter: alterType('CapabilityStatement', (body) => ({
          ...body,
          rest: asArray(body['rest']).map((rest) => ({
            ...(rest as object),
            resource: asArray(at(rest, 'resource')).map((each) =>
              at(each, 'type') === 'Binary' ? { ...(each as object), supportedProfile: 'http://example.org/profile' } : each,
            ),
          })),
        })),
      },
      {
        name: 'has a directory of FHIR STU3',
        at: 'directory.metadata',
        alter: alterType('CapabilityStatement', (body) => ({ ...body, fhirVersion: '3.0.1' })),
      },
      {
        name: 'is an instance without an implementation',
        at: 'metadata',
        alter: alterType('CapabilityStatement', (body) => without(body, 'implementation')),
      },
    ],
  },
]);
