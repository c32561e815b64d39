import type { webcrypto } from 'node:crypto';
import type { Target } from '../../src/core/model.ts';
import type { UdapCredential } from '../../src/core/udap.ts';
import type { Setting } from '../kernel/area.ts';
import type { PayerState } from '../kernel/payer.ts';
import type { Leaf, LeafSpec } from '../pki/authority.ts';
import { keyPair } from '../pki/keys.ts';
import { certificateVariants, createPki, type Pki } from '../pki/pki.ts';
import { communities, publishedAt } from '../pki/routes.ts';

export type Community = (typeof communities)[number];

/** `urn:example:community:alpha`; alpha is the default. */
export const communityUri = (community: Community): string => `urn:example:community:${community}`;
export const communityOf = (uri: string): Community | undefined => communities.find((each) => communityUri(each) === uri);

export const pkiOf = (origin: string, community: Community): Promise<Pki> => createPki({ community, publishedAt: publishedAt(origin) });

const leaves = new Map<string, Promise<Leaf>>();

/** A certificate that is issued once per process, payer and name. */
function issuedOnce(origin: string, community: Community, id: string, spec: LeafSpec): Promise<Leaf> {
  const key = `${origin} ${community} ${id}`;
  const known = leaves.get(key) ?? pkiOf(origin, community).then((pki) => pki.issue(spec));
  leaves.set(key, known);
  return known;
}

export type ServerCertificate = 'good' | 'expired' | 'notYetValid' | 'revoked' | 'dnsOnly' | 'ec';

/** The certificate behind signed_metadata. Its key is RSA unless the variant says otherwise, since RS256 is demanded. */
export async function serverCertificate(
  { origin }: PayerState,
  community: Community,
  variant: ServerCertificate,
): Promise<Leaf & { readonly privateKey: webcrypto.CryptoKey }> {
  const special = { dnsOnly: { uris: [], dns: ['payer.example'] }, ec: { kind: 'ec' as const } };
  const wrong = variant === 'dnsOnly' || variant === 'ec' ? special[variant] : certificateVariants[variant];
  const spec: LeafSpec = { name: 'udap-server', kind: 'rsa', uris: [`${origin}/fhir`], ...wrong };
  const leaf = await issuedOnce(origin, community, `server ${variant}`, spec);
  return { ...leaf, privateKey: (await keyPair(spec.name, spec.kind ?? 'rsa')).privateKey };
}

const clientUri = 'https://provider.example/payer-assay';
const otherUri = 'https://clinic-b.example/app';

/** The organization behind a certificate URI, as the data set knows it. */
export const organizationOf = (uri: string): string => ({ [clientUri]: 'clinic-a', [otherUri]: 'clinic-b' })[uri] ?? uri;

/** The target file's UDAP part: what a provider would have been given by the community. */
export async function udapTarget({ origin, secrets }: Setting): Promise<Partial<Target>> {
  const [alpha, beta] = await Promise.all([pkiOf(origin, 'alpha'), pkiOf(origin, 'beta')]);
  const credential = async (id: string, spec: LeafSpec): Promise<UdapCredential> => {
    const leaf = await issuedOnce(origin, 'alpha', id, spec);
    const env = `EMBEDDED_UDAP_${id.toUpperCase()}`;
    secrets[env] = leaf.key;
    return { certificates: leaf.chain, key: { env } };
  };
  const client = { name: 'payer-assay-client', kind: 'rsa', uris: [clientUri] } as const;
  const { expired, notYetValid, revoked, weakKey, noUri } = certificateVariants;
  return {
    allow: { registration: true },
    guides: { 'hl7.fhir.us.udap-security': '2.0.0' },
    udap: {
      communities: [
        { uri: communityUri('alpha'), anchors: alpha.root.certificate },
        { uri: communityUri('beta'), anchors: beta.root.certificate },
      ],
      client: await credential('client', client),
      otherClient: await credential('other', { name: 'clinic-b', uris: [otherUri] }),
      spare: {
        expired: await credential('expired', { ...client, ...expired }),
        notYetValid: await credential('notYetValid', { ...client, ...notYetValid }),
        revoked: await credential('revoked', { ...client, ...revoked }),
        weakKey: await credential('weakKey', { ...client, ...weakKey }),
        noUri: await credential('noUri', { ...client, ...noUri }),
      },
      clientName: 'payer-assay',
      contacts: ['mailto:operations@provider.example'],
      scope: 'system/Patient.rs system/Coverage.rs',
      organization: { id: 'https://provider.example/organization', name: 'Example Provider' },
      purposeOfUse: ['urn:oid:2.16.840.1.113883.5.8#TREAT'],
    },
  };
}
