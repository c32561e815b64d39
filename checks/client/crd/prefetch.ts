import type { ClientRow } from '../../../src/core/client-row.ts';
import { asArray, asString, at, type JsonObject, jsonOf } from '../../../src/core/fhir.ts';
import { check, notApplicable, notTestable, worst, worstOfAll } from '../../../src/core/findings.ts';
import { guides } from '../../../src/core/guides.ts';
import type { Exchange, Finding, Json } from '../../../src/core/model.ts';
import { cdsHooks, crd } from '../../sources.ts';
import { onCase, type Scene, status, at as step, unheard } from '../marks.ts';
import { contextOf, discoveryBefore, hook, onHooks, pathIn, prefetchOf, resourcesIn, serviceOf, shared, signs, templatesOf } from './lib.ts';

const templates = (call: Exchange, heard: readonly Exchange[]): Readonly<Record<string, string>> =>
  templatesOf(serviceOf(call, discoveryBefore(call, heard)));
const discovered = step('cds.discovery');

/** Only keys that this service asks for. */
function keys(call: Exchange, heard: readonly Exchange[]): Finding {
  const discovery = discoveryBefore(call, heard);
  const sent = Object.keys(prefetchOf(call));
  if (discovery === undefined || serviceOf(call, discovery) === undefined)
    return notApplicable('The client did not read the list of services in this case.');
  const strange = sent.filter((key) => !Object.hasOwn(templates(call, heard), key));
  return check(strange.length === 0, call, `only the keys of this service: ${Object.keys(templates(call, heard)).join(', ')}`, strange.join(', '));
}

/** The one template of the case whose text fits, with what stands under its key in an order-sign call. */
function under(
  form: RegExp,
  { heard, seen, play }: Scene,
): { readonly call: Exchange; readonly key: string; readonly value: Json | undefined; readonly template: string } | Finding {
  const call = heard.find(signs);
  if (call === undefined)
    return play.after === 'completed'
      ? check(false, seen, 'order-sign called although a template cannot be answered', 'no hook call')
      : notTestable('No hook was called, and the healthy payer afterwards got none either.', 'set-up');
  const [key, template] = Object.entries(templates(call, heard)).find(([, each]) => form.test(each)) ?? [];
  return key === undefined || template === undefined
    ? notTestable('The service that was called has no such template.', 'ours')
    : { call, key, template, value: prefetchOf(call)[key] };
}
const isFinding = (value: object): value is Finding => 'outcome' in value;
const brief = (value: Json | undefined): string => (value === undefined ? 'no such key' : JSON.stringify(value).slice(0, 120));
const isCoverage = (each: JsonObject): boolean => each['resourceType'] === 'Coverage';
const pathsOf = (value: Json | undefined): readonly string[] =>
  resourcesIn(value)
    .filter((each) => each['resourceType'] !== 'OperationOutcome')
    .map(pathIn);
const hasMore = (value: Json | undefined): boolean => asArray(at(value, 'link')).some((each) => at(each, 'relation') === 'next');

export const prefetchRows: readonly ClientRow[] = [
  {
    id: 'client.crd.prefetch.keys',
    text: 'The prefetch holds only keys that the called service published last.',
    source: crd('foundation.html#standard-prefetch', 'found-31'),
    ...shared,
    cases: ['C1'],
    anywhere: true,
    judge: onHooks(keys),
    faults: [
      {
        name: 'uses the key names that everybody uses',
        behaves: 'fixed-prefetch-keys',
        alsoFails: { 'client.crd.prefetch.standard': 'what stands under another key is missing under its own' },
      },
    ],
  },
  {
    id: 'client.crd.prefetch.standard',
    text: 'Templates of the standard prefetch whose data exist are filled.',
    source: crd('foundation.html#prefetch', 'found-24, found-25'),
    ...shared,
    holds: [
      { ig: guides.crd, to: '2.1.0', level: 'SHOULD' },
      { ig: guides.crd, from: '2.2.1' },
    ],
    cases: ['C1'],
    judge: onCase(['C1'], signs, ({ heard }) =>
      // A call of a service that was not listed has no templates, and shows nothing.
      worstOfAll(
        heard.filter(signs).flatMap((call) => {
          // Every order has a patient and a coverage: these data exist.
          const sure = Object.entries(templates(call, heard)).filter(([, each]) => /^(Patient\/\{\{context\.patientId\}\}|Coverage\?)/.test(each));
          const missing = sure.filter(([key]) => resourcesIn(prefetchOf(call)[key]).length === 0);
          return sure.length === 0
            ? []
            : check(
                missing.length === 0,
                call,
                'the patient and the coverage under their keys',
                `nothing under ${missing.map(([key, each]) => `${key} (${each})`).join(', ')}`,
              );
        }),
      ),
    ),
    faults: [{ name: 'leaves the coverage out', behaves: 'leaves-coverage-out' }],
  },
  {
    id: 'client.crd.prefetch.null-empty',
    text: 'A template that finds nothing gives null under its key.',
    source: cdsHooks('#prefetch-template'),
    ...shared,
    cases: ['C2'],
    judge: onCase(['C2'], discovered, (scene) => {
      const found = under(/^AllergyIntolerance/, scene);
      if (isFinding(found)) return found;
      const { call, value, key } = found;
      if (value === undefined) return notApplicable('The client does not answer this template.');
      const fine = value === null || (at(value, 'resourceType') === 'Bundle' && resourcesIn(value).length === 0);
      return check(fine, call, `null under ${key}, since nothing fits`, brief(value));
    }),
    faults: [{ name: 'calls "nothing found" an error', behaves: 'errors-for-nothing' }],
  },
  {
    id: 'client.crd.prefetch.omitted',
    text: 'A template that the client cannot run has no key, or an OperationOutcome.',
    source: cdsHooks('#prefetch-template'),
    ...shared,
    cases: ['C2'],
    judge: onCase(['C2'], discovered, (scene) => {
      const found = under(/unsearchable/, scene);
      if (isFinding(found)) return found;
      const { call, value, key } = found;
      const honest =
        value === undefined ||
        value === null ||
        at(value, 'resourceType') === 'OperationOutcome' ||
        (at(value, 'resourceType') === 'Bundle' &&
          resourcesIn(value).every((each) => ['Condition', 'OperationOutcome'].includes(String(each['resourceType']))));
      return check(honest, call, `no key ${key}, or an OperationOutcome`, brief(value));
    }),
    faults: [{ name: 'sends the template in place of data', behaves: 'sends-templates' }],
  },
  {
    id: 'client.crd.prefetch.fhirpath',
    text: 'Templates with FHIRPath over ids are answered.',
    source: crd('foundation.html#prefetch', 'found-23'),
    ...shared,
    holds: [{ ig: guides.crd, from: '2.2.1' }],
    cases: ['C2'],
    judge: onCase(['C2'], discovered, (scene) => {
      const found = under(/ofType\(ServiceRequest\)/, scene);
      if (isFinding(found)) return found;
      const { call, value, key } = found;
      const wanted = resourcesIn(contextOf(call)['draftOrders'])
        .filter((each) => each['resourceType'] === 'ServiceRequest')
        .map((each) => each['id']);
      if (wanted.length === 0) return notTestable('No ServiceRequest was signed, so this template has nothing to name.', 'test-data');
      if (value === undefined || value === null)
        return notTestable(
          `The client answers no ${key}: a draft need not be in its FHIR server yet, so nobody knows whether it read the template.`,
          'not-offered',
        );
      const ids = resourcesIn(value).map((each) => each['id']);
      return check(
        wanted.every((id) => ids.includes(id)),
        call,
        `${wanted.join(' and ')} under ${key}`,
        brief(value),
      );
    }),
    faults: [{ name: 'reads no FHIRPath', behaves: 'reads-no-fhirpath' }],
  },
  {
    id: 'client.crd.prefetch.equivalent',
    text: 'The prefetch holds what the template would find at the FHIR server.',
    source: cdsHooks('#prefetch-template'),
    ...shared,
    cases: ['C3'],
    judge: onCase(['C3'], signs, ({ heard, seen }) => {
      const ran = heard.flatMap((each) => {
        const key = /^template (.+)$/.exec(each.facts?.['heard.asked']?.purpose ?? '')?.[1];
        const value = key === undefined ? undefined : prefetchOf(seen)[key];
        return key === undefined || value === undefined || status(each) !== 200 || unheard(each)
          ? []
          : [{ key, value, there: jsonOf(each.response) }];
      });
      if (ran.length === 0)
        return notTestable('No template has both a value in the prefetch and an answer of the FHIR server, so nothing can be compared.', 'set-up');
      return worst(
        ran.map(({ key, value, there }) => {
          if (hasMore(value) || hasMore(there)) return notTestable(`${key}: the list has more pages than were read.`, 'ours');
          const [sent, found] = [pathsOf(value), pathsOf(there)];
          // A payer gets its own coverage only, whatever else the server lists.
          const left = found.filter((each) => !sent.includes(each) && !(sent.length > 0 && each.startsWith('Coverage/')));
          return check(
            left.length === 0 && sent.every((each) => found.includes(each)),
            seen,
            `${key}: ${found.join(', ') || 'nothing'}, as the FHIR server answers`,
            sent.join(', ') || 'nothing',
          );
        }),
      );
    }),
    faults: [{ name: 'sends every coverage that it knows, which the template excludes', behaves: 'sends-all-coverages' }],
  },
  {
    id: 'client.crd.prefetch.one-coverage',
    text: 'Each payer gets one coverage: its own.',
    source: crd('deviations.html#hook-invocation-for-multi-coverage-patients', 'dev-29'),
    ...shared,
    holds: [
      { ig: guides.crd, to: '2.1.0', level: 'SHOULD' },
      { ig: guides.crd, from: '2.2.1' },
    ],
    cases: ['C4'],
    judge: onCase(['C4'], hook, ({ heard }) =>
      worstOfAll(
        heard.filter(hook).flatMap((call) => {
          const coverages = new Set(Object.values(prefetchOf(call)).flatMap((value) => resourcesIn(value).filter(isCoverage).map(pathIn)));
          return coverages.size === 0 ? [] : check(coverages.size === 1, call, 'one Coverage', [...coverages].join(', '));
        }),
      ),
    ),
    faults: [{ name: 'sends each payer the coverages of all', behaves: 'shows-all-coverages' }],
  },
];

/** The coverage of the prefetch names one payer, an organisation that can be read. */
export const payerRows: readonly ClientRow[] = [
  {
    id: 'client.crd.coverage-payer',
    text: 'Coverage.payor refers to the Organization of this payer, with an identifier.',
    source: crd('StructureDefinition-profile-coverage.html', 'prof-4'),
    ...shared,
    holds: [{ ig: guides.crd, from: '2.2.1' }],
    cases: ['C3'],
    judge: onCase(['C3'], signs, ({ heard, seen }) => {
      const coverages = Object.values(prefetchOf(seen)).flatMap((value) => resourcesIn(value).filter(isCoverage));
      if (coverages.length === 0) return notTestable('No Coverage was sent along.', 'not-offered');
      const reference = asString(at(coverages[0], 'payor', 0, 'reference')) ?? '';
      const read = heard.find((each) => each.facts?.['heard.asked']?.purpose === 'payor');
      const organization = jsonOf(read?.response);
      return worst([
        check(/(^|\/)Organization\//.test(reference), seen, 'payor: a reference to an Organization', reference || 'none'),
        read === undefined || unheard(read) || at(organization, 'resourceType') !== 'Organization'
          ? notTestable('The organisation of the payer could not be read at the FHIR server of the client.', 'set-up')
          : check(at(organization, 'identifier', 0, 'value') !== undefined, read, 'an identifier of the payer', 'none'),
      ]);
    }),
    faults: [{ name: 'names the patient as payor', behaves: 'patient-as-payor' }],
  },
];
