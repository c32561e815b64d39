import type { Reply } from '../../src/client/provider.ts';
import { udapMetadata } from '../../src/client/requests/udap.ts';
import { endpointsOf } from '../../src/client/udap/registering.ts';
import type { Notes } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked } from '../asks.ts';
import { inTarget, when } from '../forecast.ts';

/** A community that nobody has heard of. */
export const unknownCommunity = 'urn:example:payer-assay:no-such-community';

/** Step D, UDAP half: what the server says about itself, and what it signs. */
export const metadata: Suite = {
  id: 'udap.metadata',
  title: 'Read UDAP metadata of the server and of our trust community',
  scenarios: fhirApi,
  needs: ['discover'],
  asks: [asked('udap.metadata'), asked('udap.metadata', 'community')],
  requests: when(
    inTarget(({ udap }) => udap),
    2,
    1,
  ),
  async drive(provider) {
    const { known, target } = provider;
    if (known.base === undefined) return;
    const [first] = target.udap?.communities ?? [];
    const plain = await provider.ask('udap.metadata', udapMetadata(known.base));
    if (plain.status !== 200 || plain.json === undefined) return;
    const chosen =
      first?.uri === undefined ? plain : await provider.ask('udap.metadata', udapMetadata(known.base, first.uri), { variant: 'community' });
    learn(known.notes, chosen.json === undefined ? plain : chosen);
  },
};

/** What need not be known to go on. Apart, because every other UDAP suite needs the one before. */
export const communities: Suite = {
  id: 'udap.communities',
  title: 'Read UDAP metadata again, for the other trust communities, and for one that nobody knows',
  scenarios: fhirApi,
  needs: ['udap.metadata'],
  asks: [asked('udap.metadata', 'community', 'again', 'unknown-community')],
  requests: when(
    inTarget(({ udap }) => udap),
    3,
  ),
  async drive(provider) {
    const { known, target } = provider;
    if (known.base === undefined || known.notes['udap.metadata'] === undefined) return;
    for (const { uri } of (target.udap?.communities ?? []).slice(1, 5))
      if (uri !== undefined) await provider.ask('udap.metadata', udapMetadata(known.base, uri), { variant: 'community' });
    // Twice the same question shows whether a jti is used for two different JWTs.
    await provider.ask('udap.metadata', udapMetadata(known.base), { variant: 'again' });
    await provider.ask('udap.metadata', udapMetadata(known.base, unknownCommunity), { variant: 'unknown-community' });
  },
};

function learn(notes: Notes, { json }: Reply): void {
  const { registration, token } = endpointsOf(json);
  if (registration !== undefined) notes['udap.registration'] = registration;
  if (token !== undefined) notes['udap.token'] = token;
  if (json !== undefined) notes['udap.metadata'] = json;
}
