import type { ClientRow } from '../../../src/core/client-row.ts';
import { asArray, asString, at, jsonOf } from '../../../src/core/fhir.ts';
import { check, notTestable, pass, warn, worst } from '../../../src/core/findings.ts';
import { guides } from '../../../src/core/guides.ts';
import type { Exchange, Finding } from '../../../src/core/model.ts';
import { isHttpUrl } from '../../../src/core/url.ts';
import { cdsHooks, crd } from '../../sources.ts';
import { onCase, onEvery, status, unheard } from '../marks.ts';
import { asked, bodyOf, carried, discoveryBefore, resourcesIn, serviceOf, shared, signs, templatesOf } from './lib.ts';

const trust = { ...shared, lines: ['L3'] } as const;
const refused = (each: Exchange): boolean => [401, 403, 404].includes(status(each));
const found = (purpose: string, heard: readonly Exchange[]): Exchange | undefined => heard.find(asked(purpose));
const says = (each: Exchange, name: string) => at(bodyOf(each), 'fhirAuthorization', name);

/** The first that was answered by something else speaks; with none, it is open. */
const spoken = (tries: readonly Exchange[]): Finding | undefined => (tries.every(unheard) ? tries.map(unheard)[0] : undefined);

/** Refused, or opened: another answer, an error say, shows neither. */
function closed(each: Exchange, wanted: string, opened = status(each) === 200): Finding {
  const said = `${each.request.url}: ${status(each)}`;
  if (refused(each)) return pass;
  return (
    unheard(each) ?? (opened ? check(false, each, wanted, said) : notTestable(`Neither refused nor opened, so nothing is shown: ${said}.`, 'set-up'))
  );
}

/** What CRD services need by the guide itself, whatever their templates name. */
const needs = [
  'Patient',
  'Coverage',
  'Organization',
  'Location',
  'Practitioner',
  'PractitionerRole',
  'Encounter',
  'Appointment',
  'ServiceRequest',
  'DeviceRequest',
];
const alsoNeeds = ['MedicationRequest', 'NutritionOrder', 'VisionPrescription', 'CommunicationRequest', 'Medication', 'Device', 'Task'];

function scopes(call: Exchange, heard: readonly Exchange[]): Finding {
  const scope = asString(says(call, 'scope'));
  if (scope === undefined) return notTestable('The call gives no scope.', 'not-offered');
  const named = Object.values(templatesOf(serviceOf(call, discoveryBefore(call, heard)))).flatMap(
    (each) => /^\/?([A-Z][A-Za-z]+)/.exec(each)?.[1] ?? [],
  );
  const may = new Set([...named, ...needs, ...alsoNeeds]);
  const strange = scope.split(/\s+/).filter((each) => {
    const [, type = '', rights = ''] = /^(?:patient|user|system)\/([A-Za-z*]+)\.([a-z*]+)/.exec(each) ?? [];
    return type !== '' && (!may.has(type) || !/^(read|r|s|rs)$/.test(rights));
  });
  return check(strange.length === 0, call, 'scopes for reading what the templates name, and no more', strange.join(' '));
}

export const accessRows: readonly ClientRow[] = [
  {
    id: 'client.crd.fhir-access',
    text: 'While the hook is open, the token of the call opens the data of the patient.',
    source: crd('foundation.html#crd-access-tokens', 'found-20'),
    ...trust,
    cases: ['C3'],
    judge: onCase(['C3'], signs, ({ heard, seen }) => {
      const tries = [found('patient', heard), found('coverage', heard)].filter((each) => each !== undefined);
      if (tries.length === 0)
        return isHttpUrl(bodyOf(seen)['fhirServer'])
          ? notTestable('The payer did not come to ask: the call was not answered by the service of this case.', 'ours')
          : check(false, seen, 'a FHIR server and a token in the call', 'the payer could not ask');
      return (
        spoken(tries) ??
        check(
          tries.some((each) => status(each) === 200),
          tries[0] ?? seen,
          'Patient or Coverage with status 200',
          tries.map((each) => `${each.request.url}: ${status(each) || 'no answer'}`).join('; '),
        )
      );
    }),
    faults: [
      {
        name: 'refuses every read with its own token',
        behaves: 'closed-fhir-server',
        alsoFails: {},
      },
    ],
  },
  {
    id: 'client.crd.us-core-api',
    text: "The client's FHIR server says in its CapabilityStatement that it is R4, and reads Patient and searches Coverage.",
    source: crd('conformance.html', 'conf-1'),
    ...shared,
    lines: ['L1'],
    cases: ['C3'],
    judge: onCase(['C3'], asked('metadata'), ({ seen }) => {
      const none = unheard(seen);
      if (none) return none;
      const json = jsonOf(seen.response);
      const resource = (type: string) => asArray(at(json, 'rest', 0, 'resource')).find((each) => at(each, 'type') === type);
      const can = (type: string, code: string): boolean => asArray(at(resource(type), 'interaction')).some((each) => at(each, 'code') === code);
      return worst([
        check(status(seen) === 200, seen, 'metadata with status 200', String(status(seen) || 'no answer')),
        check(/^4\.0/.test(asString(at(json, 'fhirVersion')) ?? ''), seen, 'fhirVersion 4.0.1', String(at(json, 'fhirVersion') ?? 'none')),
        check(can('Patient', 'read') && can('Coverage', 'search-type'), seen, 'Patient read and Coverage search', 'not both are declared'),
        /us\/core/.test(seen.response?.body ?? '') ? pass : warn(seen, 'profiles of US Core', 'none is named'),
      ]);
    }),
    faults: [{ name: 'says that it reads no patients', behaves: 'declares-no-patient' }],
  },
  {
    id: 'client.crd.token-short',
    text: 'The token lives 30 s at most.',
    source: crd('foundation.html#crd-access-tokens', 'found-22'),
    ...trust,
    level: 'SHOULD',
    cases: ['C3'],
    anywhere: true,
    judge: onEvery(
      'order-sign call with a token',
      (each) => signs(each) && says(each, 'expires_in') !== undefined,
      (each) => check(Number(says(each, 'expires_in')) <= 30, each, 'expires_in of 30 at most', String(says(each, 'expires_in'))),
    ),
    faults: [{ name: 'gives tokens of an hour', behaves: 'hour-long-tokens' }],
  },
  {
    id: 'client.crd.token-revoked',
    text: 'Once the hook is answered, its token opens nothing more.',
    source: cdsHooks('#passing-the-access-token-to-the-cds-service'),
    ...trust,
    level: 'SHOULD',
    cases: ['C3'],
    judge: onCase(['C3'], asked('after'), ({ heard, seen }) =>
      heard.some((each) => asked('patient')(each) && status(each) === 200)
        ? closed(seen, 'status 401 or 403 after the answer')
        : notTestable('The token read no Patient while the hook was open either, so nothing shows that it ended.', 'set-up'),
    ),
    faults: [{ name: 'lets the token live on', behaves: 'token-lives-on' }],
  },
  {
    id: 'client.crd.token-scope',
    text: 'The scope covers what the templates name, for reading, and the server keeps to it.',
    source: crd('foundation.html#crd-access-tokens', 'found-21'),
    ...trust,
    holds: [
      { ig: guides.crd, to: '2.0.1', level: 'SHOULD' },
      { ig: guides.crd, from: '2.1.0' },
    ],
    cases: ['C3'],
    judge: onCase(['C3'], signs, ({ heard, seen }) => {
      const outside = found('outside', heard);
      const other = found('other', heard);
      const scope = asString(says(seen, 'scope')) ?? '';
      const wide = /Immunization|\/\*/.test(scope);
      // Such a scope opens what the user may see, and that is more than one patient.
      const ofUser = /(^| )(user|system)\/(Patient|\*)\./.test(scope);
      return worst([
        scopes(seen, heard),
        // An empty searchset opens nothing.
        outside === undefined || wide
          ? pass
          : closed(
              outside,
              'a type outside the scope is refused',
              resourcesIn(jsonOf(outside.response)).some((each) => each['resourceType'] === 'Immunization'),
            ),
        other === undefined || ofUser ? pass : closed(other, 'another patient is refused'),
      ]);
    }),
    faults: [
      { name: 'gives a scope for everything', behaves: 'scope-for-everything' },
      { name: 'serves what the scope leaves out', behaves: 'unguarded-scope' },
    ],
  },
  {
    id: 'client.crd.user-scope',
    text: 'The token opens no more than the user may see.',
    source: cdsHooks('#fhir-resource-access'),
    ...trust,
    cases: ['C13'],
    judge: onCase(['C13'], signs, ({ heard, seen }) => {
      const reads = heard.filter(asked('restricted'));
      if (reads.length === 0)
        return notTestable('Nobody said which resource a limited user must not see: name it in the plan (restricted).', 'target-file');
      const calls = heard.filter(signs);
      const users = [...new Set(calls.map((each) => asString(at(bodyOf(each), 'context', 'userId')) ?? ''))];
      if (users.length < 2 || reads.length < 2) return notTestable('Only one user signed, so two cannot be compared.', 'set-up');
      const limited = calls.filter((each) => at(bodyOf(each), 'context', 'userId') === users[1]);
      if (limited.at(-1) !== calls.at(-1)) return notTestable('The limited user did not sign last, so whose token was used is not known.', 'set-up');
      const [full, last] = [reads[0] ?? seen, reads.at(-1) ?? seen];
      const path = last.request.url.split('/').slice(-2).join('/');
      return worst([
        status(full) === 200 ? pass : notTestable(`The full user's token does not read ${path} either (${status(full)}).`, 'test-data'),
        closed(last, "401, 403 or 404 for the limited user's token"),
        ...limited.map((each) =>
          check(
            !carried(each).some((one) => `${String(one['resourceType'])}/${String(one['id'])}` === path),
            each,
            `no ${path} in the prefetch of the limited user`,
            'it is there',
          ),
        ),
      ]);
    }),
    faults: [{ name: 'gives every user the same rights', behaves: 'same-rights-for-all' }],
  },
];
