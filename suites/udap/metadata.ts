import type { Reply } from '../../src/client/provider.ts';
import { tokenEndpoint, udapMetadata } from '../../src/client/requests/udap.ts';
import { asString, at } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';
import type { Suite } from '../../src/run/suite.ts';

/** A community that nobody has heard of. */
export const unknownCommunity = 'urn:example:payer-assay:no-such-community';

/** Step D, UDAP half: what the server says about itself, and what it signs. */
export const metadata: Suite = {
  id: 'udap.metadata',
  title: 'Read UDAP metadata for every trust community',
  scenarios: ['S1', 'S3', 'S4', 'S5', 'S6'],
  needs: ['discover'],
  requests: 5,
  async drive(provider) {
    const { known, target } = provider;
    if (known.base === undefined) return;
    const [first, ...others] = target.udap?.communities ?? [];
    const plain = await provider.ask('udap.metadata', udapMetadata(known.base));
    if (plain.status !== 200 || plain.json === undefined) return;
    const chosen =
      first?.uri === undefined ? plain : await provider.ask('udap.metadata', udapMetadata(known.base, first.uri), { variant: 'community' });
    for (const { uri } of others.slice(0, 4))
      if (uri !== undefined) await provider.ask('udap.metadata', udapMetadata(known.base, uri), { variant: 'community' });
    // Twice the same question shows whether a jti is used for two different JWTs.
    await provider.ask('udap.metadata', udapMetadata(known.base), { variant: 'again' });
    await provider.ask('udap.metadata', udapMetadata(known.base, unknownCommunity), { variant: 'unknown-community' });
    learn(known.notes, chosen.json === undefined ? plain : chosen);
    if (tokenEndpoint(known) !== undefined) known.notes['udap.skew'] = skewOf(plain);
  },
};

/** Signed endpoints go before plain ones. Source: http://hl7.org/fhir/us/udap-security/discovery.html#signed-metadata-elements */
function learn(notes: Record<string, Json>, reply: Reply): void {
  const claims = claimsOf(asString(at(reply.json, 'signed_metadata')));
  const endpoint = (name: string): string | undefined => asString(at(claims, name)) ?? asString(at(reply.json, name));
  const [registration, token] = [endpoint('registration_endpoint'), endpoint('token_endpoint')];
  if (registration !== undefined) notes['udap.registration'] = registration;
  if (token !== undefined) notes['udap.token'] = token;
  if (reply.json !== undefined) notes['udap.metadata'] = reply.json;
}

function claimsOf(jwt: string | undefined): Json | undefined {
  try {
    return JSON.parse(Buffer.from(jwt?.split('.')[1] ?? '', 'base64url').toString('utf8')) as Json;
  } catch {
    return undefined;
  }
}

/** Seconds that the server's clock is ahead of ours, as far as its Date header tells. */
function skewOf(reply: Reply): number {
  const theirs = Date.parse(reply.headers['date'] ?? '');
  return Number.isNaN(theirs) ? 0 : Math.round((theirs - Date.parse(reply.exchange.startedAt)) / 1000);
}
