import { probesOf } from '../../checks/index.ts';
import type { Provider } from '../../src/client/provider.ts';
import { directoryRead, directorySearch, openDocument } from '../../src/client/requests/directory.ts';
import { metadata } from '../../src/client/requests/fhir.ts';
import { asArray, asString, at, publishedCoding, type Resource } from '../../src/core/fhir.ts';
import type { Json, Variant } from '../../src/core/model.ts';
import { allScenarios } from '../../src/core/steps.ts';
import { isHttpUrl } from '../../src/core/url.ts';
import { endpointNamed } from '../../src/core/wellknown.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked, probed } from '../asks.ts';
import { inTarget, when } from '../forecast.ts';
import { allPages, findInDirectory, findInWellKnown, isFhirRest, type Listing } from './lookup.ts';

const scenarios = allScenarios;
const longAgo = 'ge2000-01-01T00:00:00Z';
const farAhead = 'gt2999-01-01T00:00:00Z';
/** Endpoints of one payer whose addresses we try. */
const mostAddresses = 4;

/** Steps A and B: who is this payer, and where does it say it lives? */
export const directory: Suite = {
  id: 'directory',
  title: 'Look the payer up in the directory',
  scenarios,
  asks: [
    asked('directory.metadata'),
    asked(
      'directory.organization',
      'payer',
      'unknown-payer',
      'by-name',
      'by-type',
      'by-endpoint',
      'include-endpoint',
      'revinclude-endpoint',
      'managing',
    ),
    asked(
      'directory.endpoint',
      'by-organization',
      'chained',
      'combined-past',
      'combined-future',
      'read',
      'by-id',
      'include-organization',
      'past',
      'future',
      'by-usecase',
      'by-connection',
    ),
    probed('metadata', 'directory.address'),
    probed('udap.metadata', 'directory.trust'),
  ],
  requests: when(
    inTarget(({ directory: there }) => there),
    26,
  ),
  async drive(provider) {
    const { target, ask, known } = provider;
    if (!target.directory) return;
    const { base } = target.directory;
    await ask('directory.metadata', metadata(base));
    const listing = await findInDirectory(provider);
    await ask('directory.organization', directorySearch(base, 'Organization', { name: 'zz-no-such-payer' }), { variant: 'unknown-payer' });
    if (listing) {
      known.notes['directory.organization'] = listing.organization;
      await askAboutOrganization(provider, base, listing);
      const endpoint = listing.endpoints.find(isFhirRest) ?? listing.endpoints[0];
      if (endpoint) await askAboutEndpoint(provider, base, endpoint, listing.organization);
      await tryAddresses(provider, listing);
      for (const each of listing.endpoints.slice(0, mostAddresses)) await tryTrust(provider, each);
      const address = asString(listing.endpoints.find((each) => isFhirRest(each) && isHttpUrl(asString(each['address'])))?.['address']);
      if (address !== undefined) known.notes['discovery.base'] = address;
    }
    await provider.askProbes(probesOf('directory'));
  },
};

async function askAboutOrganization(provider: Provider, base: string, { organization }: Listing): Promise<void> {
  const { ask } = provider;
  const id = asString(organization['id']) ?? '';
  const name = asString(organization['name']);
  const find = (query: Readonly<Record<string, string>>, variant: Variant<'directory.organization'>) =>
    allPages(provider, 'directory.organization', directorySearch(base, 'Organization', query), { variant });
  if (name !== undefined) await find({ name }, 'by-name');
  const type = publishedCoding(at(organization, 'type', 0));
  const code = asString(at(type, 'code'));
  if (code !== undefined) await find({ type: `${asString(at(type, 'system')) ?? ''}|${code}` }, 'by-type');
  const listed = asString(at(organization, 'endpoint', 0, 'reference'));
  if (listed !== undefined) {
    await find({ endpoint: listed.split('/').slice(-2).join('/') }, 'by-endpoint');
    await find({ _id: id, _include: 'Organization:endpoint' }, 'include-endpoint');
  }
  await find({ _id: id, _revinclude: 'Endpoint:organization' }, 'revinclude-endpoint');
  if (name !== undefined)
    await allPages(provider, 'directory.endpoint', directorySearch(base, 'Endpoint', { 'organization.name': name }), { variant: 'chained' });
  const together = { organization: `Organization/${id}` };
  await ask('directory.endpoint', directorySearch(base, 'Endpoint', { ...together, _lastUpdated: longAgo }), { variant: 'combined-past' });
  await ask('directory.endpoint', directorySearch(base, 'Endpoint', { ...together, _lastUpdated: farAhead }), { variant: 'combined-future' });
}

async function askAboutEndpoint(provider: Provider, base: string, endpoint: Resource, organization: Resource): Promise<void> {
  const { ask } = provider;
  const id = asString(endpoint['id']) ?? '';
  const find = (query: Readonly<Record<string, string>>, variant: Variant<'directory.endpoint'>) =>
    ask('directory.endpoint', directorySearch(base, 'Endpoint', query), { variant });
  await ask('directory.endpoint', directoryRead(base, `Endpoint/${id}`), { variant: 'read' });
  await find({ _id: id }, 'by-id');
  await find({ _id: id, _include: 'Endpoint:organization' }, 'include-organization');
  await find({ _id: id, _lastUpdated: longAgo }, 'past');
  await find({ _lastUpdated: farAhead }, 'future');
  const owner = asString(at(endpoint, 'managingOrganization', 'reference'));
  // The payer itself was read already.
  if (owner !== undefined && !isHttpUrl(owner) && owner !== `Organization/${asString(organization['id'])}`)
    await ask('directory.organization', directoryRead(base, owner), { variant: 'managing' });
  const useCase = useCaseOf(endpoint);
  if (useCase !== undefined)
    await allPages(provider, 'directory.endpoint', directorySearch(base, 'Endpoint', { 'usecase-type': useCase }), { variant: 'by-usecase' });
  await allPages(provider, 'directory.endpoint', directorySearch(base, 'Endpoint', { 'connection-type': 'hl7-fhir-rest' }), {
    variant: 'by-connection',
  });
}

/** NDH use case code of an Endpoint. */
function useCaseOf(endpoint: Resource): string | undefined {
  const extension = asArray(endpoint['extension']).find((each) => asString(at(each, 'url'))?.endsWith('/base-ext-endpoint-usecase'));
  const type: Json | undefined = asArray(at(extension, 'extension')).find((each) => at(each, 'url') === 'endpointUsecasetype');
  return asString(at(type, 'valueCodeableConcept', 'coding', 0, 'code'));
}

/** Is somebody in at the published addresses? No token is sent. Labelled as a probe: other rows judge the payer's own metadata. */
async function tryAddresses({ ask }: Provider, { endpoints }: Listing): Promise<void> {
  const addresses = new Set(endpoints.flatMap((each) => asString(each['address']) ?? []).filter(isHttpUrl));
  for (const address of [...addresses].slice(0, mostAddresses))
    await ask('metadata', metadata(address), { probe: 'directory.address', timeout: 10_000 });
}

/** Does what the directory says of UDAP hold? Asked at the address it gives. */
async function tryTrust({ ask }: Provider, endpoint: Resource): Promise<void> {
  const address = asString(endpoint['address']);
  if (!isHttpUrl(address) || !/"udap"/.test(JSON.stringify(endpoint['extension'] ?? []))) return;
  await ask('udap.metadata', openDocument(`${address.replace(/\/+$/, '')}/.well-known/udap`, 'application/json'), {
    probe: 'directory.trust',
    timeout: 10_000,
  });
}

/** The other way to step B: the payer's own configuration file. */
export const wellKnown: Suite = {
  id: 'wellknown',
  title: "Read the payer's davinci-configuration file",
  scenarios,
  asks: [asked('wellknown.davinci'), asked('wellknown.davinci', 'again'), probed('cds.discovery', 'directory.crd-address')],
  requests: when(
    inTarget(({ wellKnown: there }) => there),
    3,
  ),
  async drive(provider) {
    const { target, known, ask } = provider;
    const reply = await findInWellKnown(provider);
    if (!reply || !target.wellKnown) return;
    const base = endpointNamed(reply.json, 'davinci_pdex_provider_endpoint');
    if (base !== undefined && isHttpUrl(base)) known.notes['discovery.base'] = base;
    if (target.wellKnown.timeLimited) await ask('wellknown.davinci', openDocument(target.wellKnown.url, 'application/json'), { variant: 'again' });
    const crd = endpointNamed(reply.json, 'davinci_crd_hook_endpoint');
    if (crd === undefined || !isHttpUrl(crd)) return;
    const root = crd.replace(/\/cds-services(\/[^/]*)?\/?$/, '').replace(/\/+$/, '');
    known.notes['crd.address'] = root;
    await ask('cds.discovery', openDocument(`${root}/cds-services`, 'application/json'), { probe: 'directory.crd-address', timeout: 10_000 });
  },
};
