import type { Json, RequestSpec } from '../../core/model.ts';
import { withQuery } from '../../core/url.ts';

/** FHIR REST requests as pure data: the same builders serve the suites and k6. */

const join = (base: string, path: string): string => `${base.replace(/\/+$/, '')}/${path}`;

/** One resource by id. */
export const read = (base: string, type: string, id: string): RequestSpec => ({
  method: 'GET',
  url: join(base, `${type}/${encodeURIComponent(id)}`),
  token: 'default',
});

/** A search by GET. */
export const search = (base: string, type: string, parameters: Readonly<Record<string, string | undefined>>): RequestSpec => ({
  method: 'GET',
  url: withQuery(join(base, type), parameters),
  token: 'default',
});

/** A search by POST, its parameters in the body. */
export const searchByPost = (base: string, type: string, parameters: Readonly<Record<string, string>>): RequestSpec => ({
  method: 'POST',
  url: join(base, `${type}/_search`),
  form: parameters,
  token: 'default',
});

/** An operation with a Parameters body, e.g. `Patient/$member-match`. */
export const operation = (base: string, path: string, parameters: Json): RequestSpec => ({
  method: 'POST',
  url: join(base, path),
  headers: { 'content-type': 'application/fhir+json' },
  body: JSON.stringify(parameters),
  token: 'default',
});

/** The CapabilityStatement. */
export const metadata = (base: string, query: Readonly<Record<string, string | undefined>> = {}): RequestSpec => ({
  method: 'GET',
  url: withQuery(join(base, 'metadata'), query),
});

export const smartConfiguration = (base: string): RequestSpec => ({
  method: 'GET',
  url: join(base, '.well-known/smart-configuration'),
  headers: { accept: 'application/json' },
});

/**
 * HRex $member-match input.
 * Source: http://hl7.org/fhir/us/davinci-hrex/OperationDefinition-member-match.html
 */
export const memberMatch = (base: string, parts: { readonly patient?: Json; readonly coverage?: Json; readonly consent?: Json }): RequestSpec =>
  operation(base, 'Patient/$member-match', {
    resourceType: 'Parameters',
    parameter: [
      ...(parts.patient === undefined ? [] : [{ name: 'MemberPatient', resource: parts.patient }]),
      ...(parts.coverage === undefined ? [] : [{ name: 'CoverageToMatch', resource: parts.coverage }]),
      ...(parts.consent === undefined ? [] : [{ name: 'Consent', resource: parts.consent }]),
    ],
  });
