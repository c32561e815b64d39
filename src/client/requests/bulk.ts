import type { Json, RequestSpec } from '../../core/model.ts';
import { withQuery } from '../../core/url.ts';

/** Bulk Data and attribution-list requests as pure data. Source: http://hl7.org/fhir/uv/bulkdata/STU2/export.html */

const join = (base: string, path: string): string => `${base.replace(/\/+$/, '')}/${path}`;
const kickoffHeaders = { accept: 'application/fhir+json', prefer: 'respond-async' } as const;

/** Where an export starts: `Group/x`, `Patient`, or '' for the whole system; and which operation. */
export interface ExportScope {
  readonly base: string;
  readonly at: string;
  readonly operation?: '$export' | '$davinci-data-export';
}

const scopeUrl = ({ base, at, operation = '$export' }: ExportScope): string => join(base, at === '' ? operation : `${at}/${operation}`);

export type ExportParameters = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Kick-off by GET; a list of values repeats the parameter. */
export function exportByGet(scope: ExportScope, parameters: ExportParameters = {}, headers: Readonly<Record<string, string>> = {}): RequestSpec {
  const url = Object.entries(parameters).reduce(
    (so_far, [name, value]) =>
      (Array.isArray(value) ? (value as readonly string[]) : value === undefined ? [] : [value as string]).reduce(
        (inner, each) => withQuery(inner, { [name]: each }),
        so_far,
      ),
    scopeUrl(scope),
  );
  return { method: 'GET', url, headers: { ...kickoffHeaders, ...headers }, token: 'default' };
}

const typed: Readonly<Record<string, (value: string) => Record<string, Json>>> = {
  exportType: (value) => ({ valueCanonical: value }),
  patient: (value) => ({ valueReference: { reference: value } }),
  _since: (value) => ({ valueInstant: value }),
  _until: (value) => ({ valueInstant: value }),
};

/** Kick-off by POST with a Parameters resource. */
export function exportByPost(scope: ExportScope, parameters: ExportParameters = {}, headers: Readonly<Record<string, string>> = {}): RequestSpec {
  const parameter = Object.entries(parameters).flatMap(([name, value]) =>
    (Array.isArray(value) ? (value as readonly string[]) : value === undefined ? [] : [value as string]).map((each) => ({
      name,
      ...(typed[name]?.(each) ?? { valueString: each }),
    })),
  );
  return {
    method: 'POST',
    url: scopeUrl(scope),
    headers: { ...kickoffHeaders, 'content-type': 'application/fhir+json', ...headers },
    body: JSON.stringify({ resourceType: 'Parameters', parameter }),
    token: 'default',
  };
}

export const statusPoll = (url: string): RequestSpec => ({ method: 'GET', url, headers: { accept: 'application/json' }, token: 'default' });
export const cancelJob = (url: string): RequestSpec => ({ method: 'DELETE', url, token: 'default' });

/** `bearer` follows the manifest's requiresAccessToken: a capability URL is asked for without a token. */
export const bulkFile = (url: string, bearer: boolean, headers: Readonly<Record<string, string>> = {}): RequestSpec => ({
  method: 'GET',
  url,
  headers: { accept: 'application/fhir+ndjson', 'accept-encoding': 'gzip', ...headers },
  token: bearer ? 'default' : 'none',
});
