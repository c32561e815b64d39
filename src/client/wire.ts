import { asArray, at } from '../core/fhir.ts';
import { messageOf } from '../core/message.ts';
import type { AssertionSpec, Json, Known, RequestSpec, Target, WireRequest } from '../core/model.ts';
import type { UdapJwtSpec } from '../core/udap.ts';
import { type SigningKey, signAssertion } from './assertion.ts';
import { secretName } from './identity.ts';
import { withLetters } from './made-up.ts';
import { type ClientRules, honestRules } from './rules.ts';
import { Stop } from './stop.ts';
import type { SignedUdap, SignUdap } from './udap/sign.ts';

export interface WireSetup {
  readonly target: Target;
  readonly known: Known;
  readonly signers: Readonly<Record<string, SigningKey>>;
  readonly tokens: ReadonlyMap<string, string>;
  readonly udap?: SignUdap;
  /** Nonce of a certifier: the id of every request begins with it. */
  readonly challenge?: string;
  readonly rules?: ClientRules;
  /** What this run appends to the words that its probes make up; see made-up.ts. */
  readonly letters?: string;
}

export interface Wire {
  /** `isProbe`: the request is meant to be refused, so its JWT is none that a replay could be made of. */
  (spec: RequestSpec, isProbe?: boolean): Promise<WireRequest>;
  /** The request made last was put off (429, 503): its JWT was not used, so it is none to replay. */
  putOff(): void;
}

/** Makes requests ready to send: headers, signatures, and tokens where they may go. Throws `Stop` when the target file names no key that is needed. */
export function createWire({ target, known, signers, tokens, udap: sign, challenge, rules = honestRules, letters }: WireSetup): Wire {
  const reword = letters === undefined ? (spec: RequestSpec) => spec : withLetters(letters, target);
  let lastAssertion = '';
  /** The last honest assertion of each client. */
  const honestBy = new Map<SigningKey, string>();
  let forget = (): void => {};
  let nth = 0;
  const firstUdap = new Map<string, SignedUdap>();

  /** The body with the signed JWT in it: a member of the JSON for a software statement, a field of the form for a client assertion. */
  async function withUdap(spec: RequestSpec, udap: UdapJwtSpec, isProbe: boolean): Promise<string> {
    if (!sign) throw new Stop('the target file names no UDAP client certificate (udap.client)', 'target-file');
    const again = udap.sign === 'same' ? firstUdap.get(udap.use) : undefined;
    if (udap.sign === 'same' && again === undefined)
      throw new Stop('no honest JWT of its kind was sent in this run that could be sent again', 'ours');
    const signed = again ?? (await sign(udap, spec.url).catch(stopWith));
    // The first of a run is an honest one, and so the one to replay.
    if (!isProbe && !firstUdap.has(udap.use)) {
      firstUdap.set(udap.use, signed);
      forget = () => firstUdap.delete(udap.use);
    }
    const { jwt, certification } = signed;
    if (udap.use === 'client_assertion') return new URLSearchParams({ ...spec.form, client_assertion: jwt }).toString();
    const members = JSON.parse(spec.body ?? '{}') as Record<string, Json>;
    return JSON.stringify({ ...members, software_statement: jwt, ...(certification === undefined ? {} : { certifications: [certification] }) });
  }

  /** A client that has a secret in place of a key, and how its endpoint wants to see it: Basic unless its metadata name the form alone. */
  function secretOfClient(as: string): { readonly id: string; readonly text: string; readonly basic: boolean } | undefined {
    const client = as === 'default' ? target.auth : as === 'other' ? target.otherClient : undefined;
    const text = tokens.get(secretName(as));
    if (client === undefined || !('secret' in client) || text === undefined) return undefined;
    const listed = asArray(at(known.smart, 'token_endpoint_auth_methods_supported'));
    return { id: client.clientId, text, basic: listed.includes('client_secret_basic') || !listed.includes('client_secret_post') };
  }

  const wire = async (asked: RequestSpec, isProbe = false): Promise<WireRequest> => {
    const spec = reword(asked);
    forget = () => {};
    const headers: Record<string, string> = { accept: 'application/fhir+json', 'accept-encoding': 'gzip', ...lower(spec.headers ?? {}) };
    if (challenge !== undefined) headers['x-request-id'] ??= `${challenge}.${nth++}`;
    let body = spec.body;
    let url = spec.url;
    if (spec.form || spec.assertion || spec.formToken !== undefined) {
      const form = new URLSearchParams(spec.form);
      if (spec.formToken !== undefined) form.set('token', tokens.get(spec.formToken) ?? '');
      const secret = spec.assertion && secretOfClient(spec.assertion.as ?? 'default');
      if (spec.assertion && secret) {
        if (Object.keys(spec.assertion).some((each) => each !== 'as'))
          throw new Stop('this client proves itself by a secret, so no assertion can be made wrong', 'target-file');
        form.delete('client_assertion_type');
        if (secret.basic) headers['authorization'] = `Basic ${btoa(`${encodeURIComponent(secret.id)}:${encodeURIComponent(secret.text)}`)}`;
        else {
          form.set('client_id', secret.id);
          form.set('client_secret', secret.text);
        }
      } else if (spec.assertion) {
        const signer = signers[spec.assertion.as ?? 'default'];
        if (!signer)
          throw new Stop(`the target names no key for the ${spec.assertion.as ?? 'default'} client, so no assertion can be signed`, 'target-file');
        const before = lastAssertion;
        forget = () => {
          lastAssertion = before;
        };
        lastAssertion =
          (spec.assertion.sign === 'same' || !rules.signsAfresh()) && lastAssertion
            ? lastAssertion
            : await signAssertion(signer, spec.url, withJtiOf(honestBy.get(signer), rules.assertion(spec.assertion, known)));
        if (!isProbe) honestBy.set(signer, lastAssertion);
        form.set('client_assertion', lastAssertion);
      }
      if (spec.method === 'GET') url += `${url.includes('?') ? '&' : '?'}${form}`;
      else {
        body = form.toString();
        headers['content-type'] ??= 'application/x-www-form-urlencoded';
      }
    }
    if (spec.udap) {
      body = await withUdap(spec, spec.udap, isProbe);
      headers['content-type'] ??= 'application/x-www-form-urlencoded';
    }
    if (spec.clientJwt) {
      const signer = signers['cds'] ?? signers['default'];
      // CDS Hooks can be called without a JWT; a wrong one cannot be made without a key.
      if (!signer && Object.keys(spec.clientJwt).length > 0)
        throw new Stop('the target names no client key (cds.key), so no client JWT can be signed', 'target-file');
      if (signer)
        headers['authorization'] =
          `Bearer ${await signAssertion(signer, spec.url, { ...spec.clientJwt, claims: { sub: undefined, ...spec.clientJwt.claims } })}`;
    }
    if (spec.token !== undefined && spec.token !== 'none') {
      const token = tokens.get(spec.token);
      if (token === undefined && target.auth.kind !== 'none') throw new Stop(`there is no ${spec.token} access token`, 'payer');
      if (token !== undefined && rules.carriesToken(target, known, spec.url)) headers['authorization'] = `Bearer ${token}`;
    }
    return { method: spec.method, url, headers, ...(body === undefined ? {} : { body }) };
  };
  return Object.assign(wire, { putOff: () => (rules.signsAfresh() ? forget() : undefined) });
}

const stopWith = (cause: unknown): never => {
  throw new Stop(messageOf(cause), 'set-up');
};

const lower = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** Another assertion than the last, under its jti: what a server that remembers whole assertions does not notice. */
function withJtiOf(last: string | undefined, spec: AssertionSpec): AssertionSpec {
  if (spec.sign !== 'same-jti' || last === undefined) return spec;
  const claims = JSON.parse(Buffer.from(last.split('.')[1] ?? '', 'base64url').toString('utf8')) as Json;
  return { ...spec, claims: { ...spec.claims, jti: at(claims, 'jti') } };
}
