import { alterType, change, headers, instead, refuse, replaceText, when, without } from '../alter.ts';
import type { Variation } from '../area.ts';

/** Ways in which an honest payer may differ in what it says about itself. */
export const cc3Variations: readonly Variation[] = [
  { name: 'does not offer $versions', at: 'versions', alter: refuse(404, 'not-supported', 'The operation is not offered.') },
  { name: 'answers $versions with 501', at: 'versions', alter: refuse(501, 'not-supported', 'The operation is not implemented.') },
  {
    name: 'writes the versions as strings',
    at: 'versions',
    alter: when(
      ({ headers: { accept } }) => accept === 'application/fhir+json',
      instead(200, {
        resourceType: 'Parameters',
        parameter: [
          { name: 'default', valueString: '4.0' },
          { name: 'version', valueString: '4.0' },
          { name: 'version', valueString: '5.0' },
        ],
      }),
    ),
  },
  { name: 'labels metadata without a charset', at: 'metadata', alter: headers({ 'content-type': 'application/fhir+json' }) },
  {
    name: 'labels metadata with charset and fhirVersion',
    at: 'metadata',
    alter: headers({ 'content-type': 'application/fhir+json;fhirVersion=4.0;charset=UTF-8' }),
  },
  { name: 'sends a strong ETag with metadata', at: 'metadata', alter: headers({ etag: '"abc-1"' }) },
  {
    name: 'does not allow HEAD',
    at: 'metadata',
    alter: when(({ method }) => method === 'HEAD', change({ status: 405, headers: { allow: 'GET' } })),
  },
  {
    name: 'has terminology capabilities',
    at: 'metadata',
    alter: when(
      ({ url }) => url.includes('mode='),
      instead(200, { resourceType: 'TerminologyCapabilities', status: 'active', date: '2026-01-05', kind: 'instance' }),
    ),
  },
  {
    name: 'refuses mode=terminology',
    at: 'metadata',
    alter: when(({ url }) => url.includes('mode='), refuse(400, 'not-supported', 'The mode is not supported.')),
  },
  {
    name: 'refuses an unsupported FHIR version with 404',
    at: 'metadata',
    alter: when(
      ({ headers: { accept } }) => accept?.includes('fhirVersion=1.0') === true,
      refuse(404, 'not-supported', 'FHIR version 1.0 in the Accept header is not supported. Correct it to 4.0.'),
    ),
  },
  {
    name: 'names its guides in instantiates only',
    at: 'metadata',
    alter: alterType('CapabilityStatement', (body) => without(body, 'implementationGuide')),
  },
  { name: 'puts version numbers on the profiles', at: 'metadata', alter: replaceText(/(StructureDefinition\/us-core-[a-z-]+)"/g, '$1|6.1.0"') },
  {
    name: 'leaves out what a CapabilityStatement may leave out',
    at: 'metadata',
    alter: alterType('CapabilityStatement', (body) => without(body, 'id', 'url', 'version', 'name', 'title', 'publisher', 'software', 'description')),
  },
];
