import type { JsonObject } from '../../src/core/fhir.ts';
import type { MockArea } from '../kernel/area.ts';
import { type Listed, payerId, payerIdentifier } from './content.ts';
import { discoveryRoutes } from './directory.ts';

const discoveryRules = {
  /** What the directory says of a payer or an Endpoint; undefined leaves it out. */
  directoryLists: (listed: Listed): Listed | undefined => listed,
  /** What the directory says of itself. */
  directoryStates: (statement: JsonObject): JsonObject => statement,
  /** Members of `endpoints` in the configuration file. */
  configuredEndpoints: (origin: string): Readonly<Record<string, string>> => ({
    davinci_crd_hook_endpoint: `${origin}/cds`,
    davinci_pdex_provider_endpoint: `${origin}/fhir`,
    davinci_pdex_payer_endpoint: `${origin}/fhir`,
  }),
  /** Is the configuration file (still) served, when it is asked for the n-th time? */
  configurationIsThere: (_times: number): boolean => true,
};

export const discovery = {
  routes: discoveryRoutes,
  rules: discoveryRules,
  behaviours: { 'forgets-its-configuration-url': { configurationIsThere: (times: number) => times === 1 } },
  target: ({ origin }) => ({
    directory: { base: `${origin}/directory`, organization: payerId, identifier: payerIdentifier },
    // As if the URL had come with an X12 271 that is nearly an hour old: it must still work.
    wellKnown: { url: `${origin}/.well-known/davinci-configuration`, timeLimited: { issuedAt: new Date(Date.now() - 55 * 60_000).toISOString() } },
    guides: { 'hl7.fhir.us.davinci-pdex-plan-net': '1.2.0', 'hl7.fhir.us.ndh': '1.0.0' },
  }),
} satisfies MockArea;

type DiscoveryRules = typeof discoveryRules;
declare module '../kernel/payer.ts' {
  interface Rules extends DiscoveryRules {}
}
