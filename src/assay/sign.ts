import { sign as signBytes, verify as verifyBytes } from 'node:crypto';
import { FlattenedSign, flattenedVerify } from 'jose';
import type { Key } from './keys.ts';
import type { Member } from './zip.ts';

/**
 * Signatures over statement.json, each in two forms: a detached JWS (RFC 7515, appendix F), and a DSSE envelope that tools for in-toto attestations read
 * (https://github.com/secure-systems-lab/dsse/blob/master/protocol.md). Several may sign: the runner, the payer, the certifier.
 */
export const payloadType = 'application/vnd.in-toto+json';
const pattern = /^signatures\/([\w-]+)\.(jws|dsse\.json)$/;

export const isSignature = ({ name }: Pick<Member, 'name'>): boolean => pattern.test(name);

/** The two members that hold a signature of this key. */
export async function signatures(statement: Uint8Array, { key, alg, id }: Key): Promise<readonly Member[]> {
  const jws = await new FlattenedSign(statement).setProtectedHeader({ alg, kid: id }).sign(key);
  const sig = signBytes(alg === 'EdDSA' ? null : 'sha256', encoding(statement), key).toString('base64');
  const envelope = { payloadType, payload: Buffer.from(statement).toString('base64'), signatures: [{ keyid: id, sig }] };
  return [
    { name: `signatures/${id}.dsse.json`, bytes: Buffer.from(`${JSON.stringify(envelope)}\n`) },
    { name: `signatures/${id}.jws`, bytes: Buffer.from(`${jws.protected ?? ''}..${jws.signature}\n`) },
  ];
}

/** What is signed in DSSE, so that a type can never be taken for a part of the payload. */
const encoding = (payload: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `), Buffer.from(payload)]);

export interface Signed {
  /** Thumbprint that the member names. */
  readonly id: string;
  /** Name of the trusted key; absent when the key is not among them. */
  readonly by?: string;
  readonly state: 'good' | 'wrong' | 'unknown';
  readonly why: string;
}

/** Holds every signature of a package against the keys that the caller trusts. */
export async function signedBy(statement: Uint8Array, members: readonly Member[], trusted: ReadonlyMap<string, Key>): Promise<readonly Signed[]> {
  const ids = [...new Set(members.flatMap(({ name }) => pattern.exec(name)?.[1] ?? []))];
  return Promise.all(
    ids.map(async (id): Promise<Signed> => {
      const key = trusted.get(id);
      if (!key) return { id, state: 'unknown', why: 'its key is not among those that you trust' };
      const text = (form: string) => {
        const member = members.find(({ name }) => name === `signatures/${id}.${form}`);
        return member && Buffer.from(member.bytes).toString('utf8');
      };
      const wrong = (await jwsProblem(text('jws'), statement, key)) ?? dsseProblem(text('dsse.json'), statement, key);
      return wrong === undefined
        ? { id, by: key.name, state: 'good', why: `signed with ${key.alg}` }
        : { id, by: key.name, state: 'wrong', why: wrong };
    }),
  );
}

async function jwsProblem(text: string | undefined, statement: Uint8Array, { key, alg }: Key): Promise<string | undefined> {
  const [, head, signature] = /^([\w-]+)\.\.([\w-]+)\n$/.exec(text ?? '') ?? [];
  if (head === undefined || signature === undefined) return 'its detached JWS is missing, or is none';
  try {
    await flattenedVerify({ protected: head, payload: Buffer.from(statement).toString('base64url'), signature }, key, { algorithms: [alg] });
    return undefined;
  } catch {
    return 'its JWS is not of this statement';
  }
}

function dsseProblem(text: string | undefined, statement: Uint8Array, { key, alg, id }: Key): string | undefined {
  try {
    const envelope = JSON.parse(text ?? '') as { payloadType: string; payload: string; signatures: readonly { keyid: string; sig: string }[] };
    if (envelope.payloadType !== payloadType || !Buffer.from(envelope.payload, 'base64').equals(statement))
      return 'its DSSE envelope holds another statement';
    const [one] = envelope.signatures;
    const good = one?.keyid === id && verifyBytes(alg === 'EdDSA' ? null : 'sha256', encoding(statement), key, Buffer.from(one.sig, 'base64'));
    return good && envelope.signatures.length === 1 ? undefined : 'its DSSE signature is not of this statement';
  } catch {
    return 'its DSSE envelope is missing, or is none';
  }
}
