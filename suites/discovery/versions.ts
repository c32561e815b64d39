import { probesOf } from '../../checks/index.ts';
import { Stop } from '../../src/client/provider.ts';
import { metadataForms, metadataInXml, versions } from '../../src/client/requests/conformance.ts';
import { asArray, asString, at } from '../../src/core/fhir.ts';
import { allScenarios } from '../../src/core/steps.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked, probed } from '../asks.ts';

/** Which versions and formats does the payer speak, and does it say the same thing every time? */
export const versionsAndFormats: Suite = {
  id: 'versions',
  title: 'Ask for versions and formats in every allowed form',
  scenarios: allScenarios,
  needs: ['discover'],
  asks: [
    asked('metadata', ...metadataForms('').map(({ variant }) => variant)),
    asked('versions', 'fhir', 'json'),
    probed('metadata', 'metadata.in-xml'),
  ],
  requests: 12,
  async drive(provider) {
    const { base, capability } = provider.known;
    if (base === undefined) throw new Stop('no FHIR base URL is known', 'payer');
    for (const { variant, spec } of metadataForms(base)) await provider.ask('metadata', spec, { variant });
    if (asArray(at(capability, 'format')).some((each) => /xml/.test(asString(each) ?? '')))
      await provider.ask('metadata', metadataInXml(base), { probe: 'metadata.in-xml' });
    await provider.ask('versions', versions(base, 'application/fhir+json'), { variant: 'fhir' });
    await provider.ask('versions', versions(base, 'application/json'), { variant: 'json' });
    await provider.askProbes(probesOf('versions'));
  },
};
