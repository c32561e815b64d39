import type { RequestSpec, Variant } from '../../core/model.ts';
import { metadata } from './fhir.ts';

/** The same question about versions and formats, put in the ways that the specification allows. */
export interface Form {
  readonly variant: Variant<'metadata' | 'versions'>;
  readonly spec: RequestSpec;
}

const accepting = (spec: RequestSpec, accept: string): RequestSpec => ({ ...spec, headers: { ...spec.headers, accept } });

/** Honest forms of GET metadata; each must bring the CapabilityStatement in JSON. */
export const metadataForms = (base: string): readonly Form[] => [
  { variant: 'accept-json', spec: accepting(metadata(base), 'application/json') },
  { variant: 'accept-quality', spec: accepting(metadata(base), 'application/fhir+xml;q=0.1, application/fhir+json;q=0.9') },
  { variant: 'fhirversion-4.0', spec: accepting(metadata(base), 'application/fhir+json; fhirVersion=4.0') },
  { variant: 'format-over-accept', spec: accepting(metadata(base, { _format: 'json' }), 'application/fhir+xml') },
  { variant: 'format-json', spec: accepting(metadata(base, { _format: 'json' }), '*/*') },
  { variant: 'format-application-json', spec: accepting(metadata(base, { _format: 'application/json' }), '*/*') },
  { variant: 'format-fhir-json', spec: accepting(metadata(base, { _format: 'application/fhir+json' }), '*/*') },
];

export const metadataInXml = (base: string): RequestSpec => accepting(metadata(base), 'application/fhir+xml');

/** Source: http://hl7.org/fhir/R4/capabilitystatement-operation-versions.html */
export const versions = (base: string, accept: string): RequestSpec => ({
  method: 'GET',
  url: `${base.replace(/\/+$/, '')}/$versions`,
  headers: { accept },
});
