import type { Labels, Provider, Reply } from '../../src/client/provider.ts';
import { directoryRead, directorySearch, openDocument } from '../../src/client/requests/directory.ts';
import { asString, at, entriesOf, isResource, linkOf, type Resource } from '../../src/core/fhir.ts';
import type { RequestSpec, Step } from '../../src/core/model.ts';
import { isHttpUrl } from '../../src/core/url.ts';
import { endpointNamed } from '../../src/core/wellknown.ts';

/** Pages of one look-up that we are willing to read. */
const mostPages = 5;

/** Asks and follows next links; answers with the matches of all pages. */
export async function allPages({ ask }: Provider, step: Step, spec: RequestSpec, labels: Labels): Promise<readonly Resource[]> {
  const found: Resource[] = [];
  let reply: Reply = await ask(step, spec, labels);
  for (let page = 1; ; page++) {
    found.push(...entriesOf(reply.json).flatMap(({ mode, resource }) => (resource && (mode ?? 'match') === 'match' ? [resource] : [])));
    const next = linkOf(reply.json, 'next');
    if (next === undefined || page >= mostPages || !isHttpUrl(next)) return found;
    reply = await ask(step, openDocument(next), { ...labels, follows: reply.exchange.index });
  }
}

export interface Listing {
  readonly organization: Resource;
  readonly endpoints: readonly Resource[];
}

/** Steps A and B: the payer in the directory, by the id or identifier that the target file gives, and its endpoints. */
export async function findInDirectory(provider: Provider): Promise<Listing | undefined> {
  const { directory } = provider.target;
  if (!directory) return undefined;
  const organization = await findOrganization(provider);
  if (!organization) return undefined;
  const endpoints = await allPages(
    provider,
    'directory.endpoint',
    directorySearch(directory.base, 'Endpoint', { organization: `Organization/${asString(organization['id']) ?? ''}` }),
    { variant: 'by-organization' },
  );
  return { organization, endpoints };
}

async function findOrganization(provider: Provider): Promise<Resource | undefined> {
  const { directory } = provider.target;
  if (directory?.organization !== undefined) {
    const reply = await provider.ask('directory.organization', directoryRead(directory.base, `Organization/${directory.organization}`), {
      variant: 'payer',
    });
    return isResource(reply.json, 'Organization') ? reply.json : undefined;
  }
  if (directory?.identifier === undefined) return undefined;
  const { system, value } = directory.identifier;
  const found = await allPages(
    provider,
    'directory.organization',
    directorySearch(directory.base, 'Organization', { identifier: `${system}|${value}` }),
    { variant: 'payer' },
  );
  return found.length === 1 ? found[0] : undefined;
}

export const isFhirRest = (endpoint: Resource): boolean => at(endpoint, 'connectionType', 'code') === 'hl7-fhir-rest';

/** The davinci-configuration file's endpoint for providers. */
export async function findInWellKnown({ ask, target }: Provider): Promise<Reply | undefined> {
  return target.wellKnown && ask('wellknown.davinci', openDocument(target.wellKnown.url, 'application/json'));
}

/** The payer's FHIR base as discovery gives it, when the target file does not: the payer's own file first, then the directory. */
export async function discoverBase(provider: Provider): Promise<string | undefined> {
  const known = asString(provider.known.notes['discovery.base']);
  if (known !== undefined) return known;
  const told = endpointNamed((await findInWellKnown(provider))?.json, 'davinci_pdex_provider_endpoint');
  if (told !== undefined && isHttpUrl(told)) return told;
  const listing = await findInDirectory(provider);
  const address = listing?.endpoints
    .filter((each) => isFhirRest(each) && at(each, 'status') === 'active')
    .map((each) => asString(each['address']))
    .find(isHttpUrl);
  return address;
}
