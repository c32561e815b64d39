import { asObject, asString, at } from './fhir.ts';
import type { Json } from './json.ts';
import { compareVersions } from './versions.ts';

/** An endpoint of a davinci-configuration file; `version` where its key names the edition of the guide that it serves. */
export interface ConfiguredEndpoint {
  readonly version?: string;
  readonly url: string;
}

/**
 * The endpoints of this name, newest edition first and those without an edition last: `davinci_crd_hook_endpoint#2.2` since HRex 1.2, which calls the plain keys
 * deprecated, and `davinci_crd_hook_endpoint`.
 * Source: http://hl7.org/fhir/us/davinci-hrex/CodeSystem-hrex-endpoint-name.html
 */
export const endpointsNamed = (file: Json | undefined, name: string): readonly ConfiguredEndpoint[] =>
  Object.entries(asObject(at(file, 'endpoints')))
    .flatMap(([key, value]): readonly ConfiguredEndpoint[] => {
      const url = asString(value);
      const [plain, version] = key.split('#');
      if (plain !== name || url === undefined) return [];
      return [version === undefined ? { url } : { version, url }];
    })
    .sort((a, b) => compareVersions(b.version ?? '0', a.version ?? '0'));

/** Where the newest edition is served. */
export const endpointNamed = (file: Json | undefined, name: string): string | undefined => endpointsNamed(file, name)[0]?.url;
