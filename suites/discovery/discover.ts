import { Stop } from '../../src/client/provider.ts';
import { metadata, smartConfiguration } from '../../src/client/requests/fhir.ts';
import { asString, at } from '../../src/core/fhir.ts';
import { allScenarios } from '../../src/core/steps.ts';
import { tokenClientOf } from '../../src/core/target.ts';
import { isHttpUrl } from '../../src/core/url.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked } from '../asks.ts';
import { discoverBase } from './lookup.ts';

/** Steps B to D: the payer's base, what it speaks, and where its tokens come from. */
export const discover: Suite = {
  id: 'discover',
  title: 'Find the payer and read what it declares',
  scenarios: allScenarios,
  asks: [
    asked('directory.organization', 'payer'),
    asked('directory.endpoint', 'by-organization'),
    asked('wellknown.davinci'),
    asked('metadata'),
    asked('smart.configuration'),
  ],
  requests: 2,
  async drive(provider) {
    const { known, target } = provider;
    const base = target.fhir?.base ?? (await discoverBase(provider));
    if (base === undefined)
      throw new Stop(
        'neither the target file nor discovery gives a FHIR base URL: name fhir.base, directory or wellKnown in the target file',
        'target-file',
      );
    known.base = base;
    const capability = await provider.ask('metadata', metadata(known.base));
    if (capability.json !== undefined) known.capability = capability.json;
    const smart = await provider.ask('smart.configuration', smartConfiguration(known.base));
    if (smart.json !== undefined) known.smart = smart.json;
    const told = asString(at(smart.json, 'token_endpoint'));
    // Never resolved against the base: an empty one would send our assertion there.
    const published = isHttpUrl(told) ? told : undefined;
    const endpoint = tokenClientOf(target)?.tokenEndpoint ?? published;
    if (endpoint !== undefined) known.tokenEndpoint = endpoint;
  },
};
