import 'reflect-metadata';
import { X509Certificate } from '@peculiar/x509';
import type { Target } from '../../core/model.ts';
import type { TargetUdap } from '../../core/udap.ts';
import type { SecretSource } from '../identity.ts';
import type { Anchors } from './chain.ts';
import { assertCurrent, certificatesIn, loadCredential, type UdapSigner } from './credentials.ts';
import { impostorOf, isImpostor } from './impostor.ts';
import { type SignUdap, signUdap } from './sign.ts';

/** Everything UDAP that a run needs, loaded and checked before the first request. */
export interface UdapClient {
  readonly anchors: readonly Anchors[];
  readonly signers: Readonly<Record<string, UdapSigner>>;
  readonly sign: SignUdap;
}

/** Loads what the target file says about UDAP; undefined when it says nothing. Throws with the place in the file and the fix. */
export function udapClientOf(target: Target, source: SecretSource): UdapClient | undefined {
  const { udap } = target;
  if (udap === undefined) return undefined;
  const signers = signersOf(udap, source);
  const impostors = new Map<string, Promise<UdapSigner>>();
  const named = async (name: string): Promise<UdapSigner> => {
    const known = signers[name];
    if (known) return known;
    const client = signers['client'];
    if (!client || !isImpostor(name))
      throw new Error(`the target file gives no ${name} certificate (udap.${name === 'client' || name === 'other' ? name : `spare.${name}`})`);
    const made = impostors.get(name) ?? impostorOf(client, name);
    impostors.set(name, made);
    return made;
  };
  return {
    anchors: udap.communities.map(({ uri, anchors }, index) => ({
      name: uri ?? 'default',
      roots: certificatesIn(anchors, `udap.communities[${index}].anchors`).map((each) => new X509Certificate(each.raw)),
    })),
    signers,
    sign: async (spec, audience) => signUdap(await named(spec.as ?? 'client'), spec, audience),
  };
}

function signersOf(udap: TargetUdap, source: SecretSource): Readonly<Record<string, UdapSigner>> {
  const main = Object.entries({ client: udap.client, other: udap.otherClient }).flatMap(([name, credential]) => {
    if (credential === undefined) return [];
    const where = `udap.${name === 'other' ? 'otherClient' : name}`;
    const signer = loadCredential(credential, where, source);
    assertCurrent(signer, where);
    if (signer.uri === '') throw new Error(`${where}: the certificate has no URI in its Subject Alternative Name, so it cannot name a UDAP client.`);
    return [[name, signer] as const];
  });
  // A spare certificate without a URI still speaks as us: that is what is wrong with it.
  const own = main.find(([name]) => name === 'client')?.[1].uri ?? '';
  const spare = Object.entries(udap.spare ?? {}).map(([name, credential]) => {
    const signer = loadCredential(credential, `udap.spare.${name}`, source);
    return [name, { ...signer, uri: signer.uri === '' ? own : signer.uri }] as const;
  });
  return Object.fromEntries([...main, ...spare]);
}
