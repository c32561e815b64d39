import type { Exchange } from './exchange.ts';
import { at, isObject, isResource, jsonOf } from './fhir.ts';
import type { Json } from './json.ts';
import type { Step } from './vocabulary.ts';

/** What an answer of success must be at the least, by step, to be about the question at all. What it must be in detail, the rows say. */

interface Form {
  readonly name: string;
  readonly fits: (value: Json, exchange: Exchange) => boolean;
}

const resource = (...types: readonly string[]): Form => ({
  name: types.join(' or '),
  fits: (value) => types.some((type) => isResource(value, type)),
});

const withAny = (name: string, ...members: readonly string[]): Form => ({
  name,
  fits: (value) => isObject(value) && members.some((member) => value[member] !== undefined),
});

/** `[base]/Type/id`: a resource of this type. */
const ofTheType: Form = {
  name: 'a resource of the type that was asked for',
  fits(value, { request }) {
    const type = /\/([A-Z][A-Za-z]+)\/[^/?]+(?:\?|$)/.exec(request.url)?.[1];
    return type === undefined ? isResource(value) : isResource(value, type);
  },
};

const manifest: Form = {
  name: 'a manifest',
  fits: (value) => ['transactionTime', 'output', 'error'].some((name) => at(value, name) !== undefined) || isResource(value),
};

const bundle = resource('Bundle');
const token = withAny('a token, or an error of OAuth', 'access_token', 'error');

const forms: Readonly<Partial<Record<Step, Form>>> = {
  metadata: resource('CapabilityStatement', 'TerminologyCapabilities'),
  'directory.metadata': resource('CapabilityStatement'),
  'directory.organization': resource('Bundle', 'Organization'),
  'directory.endpoint': resource('Bundle', 'Endpoint'),
  'wellknown.davinci': withAny('a list of endpoints', 'endpoints'),
  versions: { name: 'a list of versions', fits: (value) => isResource(value, 'Parameters') || at(value, 'versions') !== undefined },
  'smart.configuration': withAny(
    'a SMART configuration',
    ...['token_endpoint', 'authorization_endpoint', 'capabilities', 'issuer', 'jwks_uri', 'grant_types_supported', 'scopes_supported'],
  ),
  'udap.metadata': {
    name: 'UDAP metadata',
    fits: (value) => isObject(value) && Object.keys(value).some((name) => /^udap_|^signed_metadata$|_endpoint$|_supported$/.test(name)),
  },
  token,
  'udap.token': token,
  register: withAny('a registration, or an error of OAuth', 'client_id', 'grant_types', 'error'),
  introspect: withAny('the state of a token', 'active', 'error'),
  'member-match': resource('Parameters'),
  match: bundle,
  'idi-match': resource('Bundle', 'Parameters'),
  read: ofTheType,
  vread: { name: 'a resource', fits: (value) => isResource(value) && !isResource(value, 'OperationOutcome') },
  search: bundle,
  page: bundle,
  everything: bundle,
  docref: resource('Bundle', 'Parameters'),
  'care-gaps': resource('Parameters', 'Bundle'),
  'cds.discovery': withAny('a list of services', 'services'),
  'cds.hook': withAny('cards or system actions', 'cards', 'systemActions'),
  'group.search': bundle,
  'group.read': resource('Group'),
  'bulk.status': manifest,
  'bulk.manifest': manifest,
};

/** A step at which one kind of JSON is agreed. */
export const hasForm = ({ step }: Exchange): boolean => forms[step] !== undefined;

/** What was expected, where a JSON answer is of quite another kind; undefined where it may be about the question, and where no kind is agreed. */
export function otherThan(exchange: Exchange): string | undefined {
  const form = forms[exchange.step];
  const value = form && jsonOf(exchange.response);
  return form === undefined || value === undefined || form.fits(value, exchange) ? undefined : form.name;
}
