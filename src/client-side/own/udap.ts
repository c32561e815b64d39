import { X509Certificate } from 'node:crypto';
import { compactVerify, decodeJwt, decodeProtectedHeader } from 'jose';
import type { SceneName } from '../../../mocks/client/case.ts';
import { Stop } from '../../client/provider.ts';
import { read } from '../../client/requests/fhir.ts';
import { b2bExtension, b2bToken, offersGrantType, registration, udapMetadata } from '../../client/requests/udap.ts';
import { verifyChain } from '../../client/udap/chain.ts';
import { fetchBytes } from '../../client/udap/fetch-bytes.ts';
import { endpointsOf, registeredAs } from '../../client/udap/registering.ts';
import { asString, at } from '../../core/fhir.ts';
import type { Json } from '../../core/model.ts';
import { sameBase } from '../../core/url.ts';
import type { Own } from './client.ts';
import { candidates } from './matching.ts';
import { authenticate, discover } from './record.ts';
import type { Doubt } from './udap-rules.ts';

/** What is wrong with the metadata of this base, all of it. Source: http://hl7.org/fhir/us/udap-security/discovery.html#signed-metadata-elements */
async function doubts({ anchors }: Own, base: string, metadata: Json | undefined): Promise<readonly Doubt[]> {
  if (metadata === undefined) return ['absent'];
  const jwt = asString(at(metadata, 'signed_metadata'));
  const found: Doubt[] = offersGrantType(metadata, 'client_credentials') ? [] : ['grants'];
  if (jwt === undefined || asString(decodeProtectedHeader(jwt).alg) === 'none') return [...found, 'unsigned'];
  const { alg = '', x5c = [] } = decodeProtectedHeader(jwt);
  const claims = decodeJwt(jwt);
  const follow = () => verifyChain(x5c, { anchors: anchors.slice(0, 1), fetch: fetchBytes() });
  const first = await follow();
  // A list of revoked certificates that did not come is asked for once more.
  const chain = first.status === 'crlUnreachable' ? await follow() : first;
  if (chain.status !== 'trusted') found.push('chain');
  const leaf = x5c[0] === undefined ? undefined : new X509Certificate(Buffer.from(x5c[0], 'base64'));
  const holds = leaf !== undefined && (await compactVerify(jwt, leaf.publicKey, { algorithms: [alg] }).then(Boolean, () => false));
  if (!holds) found.push('signature');
  if (typeof claims.exp !== 'number' || claims.exp * 1000 < Date.now()) found.push('expired');
  if (!sameBase(String(claims.iss), base) || claims.iss !== claims.sub) found.push('issuer');
  return found;
}

/** A token by SMART, then the member. */
async function bySmart(own: Own, base: string): Promise<void> {
  const id = own.provider.target.members.known?.patientId;
  await authenticate(own, 'system/Patient.rs');
  if (id !== undefined) await own.provider.ask('read', read(base, 'Patient', id));
}
/**
 * The extension for a person's own access, with the person as a FHIR Person.
 * Source: http://hl7.org/fhir/us/identity-matching/patient-matching.html#b2b-with-user-authorization-extension-object
 */
const personally = ({ name, telecom, gender, birthDate, address }: { readonly [key: string]: Json }): { readonly [key: string]: Json } => ({
  version: '1',
  purpose_of_use: ['urn:oid:2.16.840.1.113883.5.8#PATRQT'],
  user_person: {
    resourceType: 'Person',
    ...Object.fromEntries(
      Object.entries({ name, telecom, gender, birthDate, address }).filter((pair): pair is [string, Json] => pair[1] !== undefined),
    ),
  },
});

/** Registration and a token by UDAP, then the member. */
export async function udap(own: Own, scene: SceneName): Promise<void> {
  const { provider, decide } = own;
  const { target, known } = provider;
  const base = await discover(own);
  const { json, status } = await provider.ask('udap.metadata', udapMetadata(base, decide.community(target.udap?.communities[0]?.uri)));
  const metadata = status === 200 ? json : undefined;
  const serious = (await doubts(own, base, metadata)).filter((each) => !decide.overlooks(each));
  if (serious.length > 0) {
    for (let look = decide.looksAgain(); look > 0; look--) await provider.ask('udap.metadata', udapMetadata(base, target.udap?.communities[0]?.uri));
    if (decide.fallsBack()) return bySmart(own, base);
    throw new Stop(`the payer's UDAP metadata are not to be trusted (${serious.join(', ')}). Ask the payer's service desk.`, 'payer');
  }
  const root = base.replace(/\/fhir$/, '');
  const guessed = { registration: `${root}/udap/register`, token: `${root}/udap/token` };
  const plain = { registration: asString(at(metadata, 'registration_endpoint')), token: asString(at(metadata, 'token_endpoint')) };
  const { registration: registers = guessed.registration, token: tokens = guessed.token } = decide.prefersSigned() ? endpointsOf(metadata) : plain;
  const named = endpointsOf(metadata);
  if (decide.refusesDifference() && (named.token !== plain.token || named.registration !== plain.registration))
    throw new Stop('signed and plain endpoints of the payer differ. Ask its service desk.', 'payer');
  const enrol = async (): Promise<string> => {
    const id = registeredAs(await provider.ask('register', registration(registers, target, decide.statement())));
    if (id === undefined) throw new Stop('the registration was refused', 'payer');
    return id;
  };
  const first = await enrol();
  const clientId = scene === 'register-again' || decide.registersAgain() ? decide.clientId(first, await enrol()) : first;
  const byUdap = async (user?: string, extensions?: Json): Promise<void> => {
    const named = user === undefined ? {} : { subject_name: user };
    const extension = decide.b2b({ ...b2bExtension(target), ...named });
    const change = decide.assertion();
    const said = extensions ?? decide.extensions(extension);
    const spec = b2bToken(tokens, clientId, target, { ...change, claims: { ...change.claims, extensions: said } });
    const token = asString(at((await provider.ask('udap.token', spec)).json, 'access_token'));
    if (token === undefined) throw new Stop('no token was given', 'payer');
    provider.tokens.set('default', token);
  };
  const see = async (): Promise<void> => {
    const id = target.members.known?.patientId;
    if (id !== undefined) await provider.ask('read', read(known.base ?? base, 'Patient', id));
  };
  const leave = async (): Promise<void> => {
    if (!decide.cancels()) return;
    const { claims, ...change } = decide.statement();
    await provider.ask('register', registration(registers, target, { ...change, claims: { ...claims, grant_types: [] } }));
  };
  if (scene === 'consumer-match') {
    await byUdap(undefined, decide.consumer(personally(target.members.known?.patient ?? {})));
    await candidates(own, base);
    return see();
  }
  if (scene !== 'users') {
    await byUdap();
    await see();
    return leave();
  }
  await byUdap('Dr. Ada Able');
  await see();
  if (decide.tokenPerUser()) await byUdap('Dr. Ben Best');
  own.shown.push('user: Dr. Ben Best');
  await see();
}
