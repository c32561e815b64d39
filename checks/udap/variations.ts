import type { WireResponse } from '../../src/core/model.ts';
import { change, when } from '../alter.ts';
import type { Variation } from '../area.ts';
import { strings } from './evidence.ts';
import { member } from './wire.ts';

const media = (response: WireResponse, type: string): WireResponse => ({ ...response, headers: { ...response.headers, 'content-type': type } });
const error = (code: string): WireResponse => ({
  status: 400,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ error: code }),
});

/** Ways in which an honest UDAP server may differ from ours. */
export const udapVariations: readonly Variation[] = [
  { name: 'UDAP: sends one signed_metadata for a whole hour', at: 'udap.metadata', behaviour: 'udap-signs-hourly' },
  { name: 'UDAP: signs its metadata for a whole year', at: 'udap.metadata', behaviour: 'udap-signs-for-a-year' },
  { name: 'UDAP: answers an unknown community with its default metadata', at: 'udap.metadata', behaviour: 'udap-default-for-unknown' },
  { name: 'UDAP: leaves the intermediate to be fetched by its address (AIA)', at: 'udap.metadata', behaviour: 'udap-sends-leaf-only' },
  {
    name: 'UDAP: also offers authorization_code and signs its endpoint',
    at: 'udap.metadata',
    behaviour: 'udap-signs-authorization-endpoint',
    alter: member(({ grant_types_supported: grants }) => ({
      grant_types_supported: ['authorization_code', 'refresh_token', ...strings(grants)],
      authorization_endpoint: 'https://payer.example/authorize',
    })),
  },
  {
    name: 'UDAP: knows certifications and requires none',
    at: 'udap.metadata',
    alter: member({ udap_certifications_supported: ['https://community.example/certified'], udap_certifications_required: [] }),
  },
  {
    name: 'UDAP: adds metadata members of its own',
    at: 'udap.metadata',
    alter: member({ acme_contact: 'mailto:trust@payer.example', acme: { a: [1] } }),
  },
  { name: 'UDAP: requires no extension', at: 'udap.metadata', alter: member({ udap_authorization_extensions_required: [] }) },
  {
    name: 'UDAP: names a charset with JSON',
    at: ['udap.metadata', 'register', 'udap.token'],
    alter: (response) => (response.body === '' ? response : media(response, 'application/json; charset=UTF-8')),
  },
  {
    name: 'UDAP: publishes no CRL today',
    at: ['udap.metadata', 'crl'],
    alter: (response, request) => (request.url.endsWith('.crl') ? { status: 503, headers: {}, body: '' } : response),
  },
  { name: 'UDAP: adds registration members of its own', at: 'register', alter: member({ client_id_issued_at: 1_767_225_600, tenant: 'a' }) },
  {
    name: 'UDAP: writes token_type in lower case',
    at: 'udap.token',
    alter: member({ token_type: 'bearer' }, (_request, before) => 'token_type' in before),
  },
  {
    name: 'UDAP: issues tokens for exactly an hour',
    at: 'udap.token',
    alter: member({ expires_in: 3600 }, (_request, before) => 'expires_in' in before),
  },
  { name: 'UDAP: does not say how long a token lives', at: 'udap.token', alter: member({ expires_in: undefined }) },
  {
    name: 'UDAP: says 400 rather than 401 for invalid_client',
    at: 'udap.token',
    alter: when((_request, { status }) => status === 401, change({ status: 400 })),
  },
  { name: 'UDAP: grants fewer scopes and says so', at: 'udap.token', behaviour: 'udap-narrows-scopes' },
  {
    name: 'UDAP: refuses a token request without scope',
    at: 'udap.token',
    alter: (response, request) => (response.status === 200 && !/(^|&)scope=/.test(request.body ?? '') ? error('invalid_scope') : response),
  },
];
