import type { ClientRow } from '../../../src/core/client-row.ts';
import { check, notTestable, warn, worst } from '../../../src/core/findings.ts';
import type { Exchange, Finding, NonEmpty } from '../../../src/core/model.ts';
import { fhirApi } from '../../../src/core/steps.ts';
import { queryOf } from '../../../src/core/url.ts';
import { udapSecurity } from '../../sources.ts';
import { at, none, onCase, onEvery } from '../marks.ts';

const shared = { lines: ['L3'], scenarios: fhirApi, level: 'SHALL' } as const;
const signed = udapSecurity('discovery.html#signed-metadata-elements');
const metadata = at('udap.metadata');
/** Goes on with UDAP: a registration, an authorization request, a token request that says udap=1. */
const goesOn = (each: Exchange): boolean =>
  at('register', 'udap.token')(each) || (each.request.method === 'POST' && /(^|&)udap=1(&|$)|software_statement/.test(each.request.body ?? ''));

/** After metadata that must not be trusted nothing follows. */
const stops = (cases: NonEmpty<string>) =>
  onCase(cases, metadata, ({ after }): Finding => none(after.filter(goesOn), 'registration and no token request'), { silence: true });

const row = (id: string, text: string, cases: NonEmpty<string>, faults: ClientRow['faults']): ClientRow => ({
  id: `client.trust.metadata.${id}`,
  text,
  source: signed,
  ...shared,
  cases,
  judge: stops(cases),
  faults,
});

export const metadataRows: readonly ClientRow[] = [
  row(
    'bad-signature',
    'Metadata whose signature does not verify are not used.',
    ['T1a'],
    [{ name: 'believes any signature', behaves: 'trusts-any-signature' }],
  ),
  row(
    'untrusted-chain',
    'Metadata of an unknown, expired or revoked certificate are not used.',
    ['T1b', 'T1b2', 'T1b3'],
    [{ name: 'believes any certificate', behaves: 'trusts-any-chain' }],
  ),
  row('expired', 'Metadata whose exp is over are not used.', ['T1c'], [{ name: 'believes old metadata', behaves: 'trusts-old-metadata' }]),
  row(
    'iss-mismatch',
    'Metadata of another base are not used.',
    ['T1d'],
    [{ name: "believes another payer's metadata", behaves: 'trusts-any-issuer' }],
  ),
  row(
    'unsigned',
    'Metadata without a signature are not used.',
    ['T1e', 'T1e2'],
    [{ name: 'believes unsigned metadata', behaves: 'trusts-unsigned-metadata' }],
  ),
  {
    id: 'client.trust.metadata.signed-precedence',
    text: 'Signed endpoints are used where plain ones differ.',
    source: signed,
    ...shared,
    cases: ['T2'],
    judge: onCase(['T2'], metadata, ({ after, seen }) => {
      const posts = after.filter((each) => each.request.method === 'POST');
      if (posts.length === 0) return notTestable('Case T2: no registration and no token request followed.', 'not-offered');
      return worst([
        none(
          posts.filter((each) => each.facts?.['heard.listener'] === 'canary'),
          'POST at the plain endpoint',
        ),
        check(posts.some(goesOn), seen, 'POST at the signed endpoint', 'none'),
      ]);
    }),
    faults: [{ name: 'uses the plain endpoints', behaves: 'uses-plain-endpoints' }],
  },
  {
    id: 'client.trust.metadata.empty-array',
    text: 'Where no grant type is supported, none is used.',
    source: udapSecurity('discovery.html#required-udap-metadata'),
    ...shared,
    cases: ['T10'],
    judge: stops(['T10']),
    faults: [{ name: 'registers although no grant is offered', behaves: 'registers-for-no-grant' }],
  },
  {
    id: 'client.trust.metadata.community',
    text: 'The metadata are asked for by the trust community of the agreement.',
    source: udapSecurity('discovery.html#multiple-trust-communities'),
    ...shared,
    level: 'SHOULD',
    cases: ['T4u'],
    anywhere: true,
    judge: onEvery('request for UDAP metadata', metadata, (each) => {
      const said = queryOf(each.request.url).find(([name]) => name === 'community')?.[1];
      if (said === undefined) return warn(each, 'community=<URI of the trust community>', 'no community');
      return check(/^[a-z][a-z0-9+.-]*:\S+$/i.test(said), each, 'the URI of a trust community', said);
    }),
    faults: [{ name: 'asks without a community', behaves: 'names-no-community' }],
  },
  {
    id: 'client.discovery.udap-404',
    text: 'Where there are no UDAP metadata, UDAP is not tried.',
    source: udapSecurity('discovery.html#discovery-of-endpoints'),
    ...shared,
    lines: ['L1'],
    level: 'SHOULD',
    cases: ['D5', 'D5b'],
    judge: stops(['D5', 'D5b']),
    faults: [{ name: 'registers where no metadata are', behaves: 'registers-without-metadata' }],
  },
];
