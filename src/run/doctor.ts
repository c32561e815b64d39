import { randomUUID } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import type { SecretSource } from '../client/identity.ts';
import { createProvider, type Provider, Stop } from '../client/provider.ts';
import { createRedactor, type Redactor } from '../client/redact.ts';
import { cdsDiscovery, hooks } from '../client/requests/crd/hooks.ts';
import { metadata, read, smartConfiguration } from '../client/requests/fhir.ts';
import { askMemberMatch, hasCard, inForm } from '../client/requests/match.ts';
import { tokenRequest } from '../client/requests/token.ts';
import { hasOperation } from '../core/capability.ts';
import { asArray, asString, at, isResource } from '../core/fhir.ts';
import { clip } from '../core/findings.ts';
import type { Exchange, Json, Target } from '../core/model.ts';
import { visible } from '../core/visible.ts';
import { openSession, type Session } from './session.ts';

/** One line of the doctor's. `text` says what was seen and, unless all is good, what to do. */
export interface Diagnosis {
  readonly what: string;
  readonly state: 'good' | 'warn' | 'bad' | 'skip';
  readonly text: string;
}

const good = (what: string, text: string): Diagnosis => ({ what, state: 'good', text });
const warn = (what: string, text: string): Diagnosis => ({ what, state: 'warn', text });
const bad = (what: string, text: string): Diagnosis => ({ what, state: 'bad', text });
const skip = (what: string, text: string): Diagnosis => ({ what, state: 'skip', text });

/** Looks at a payer from the outside in, each look building on the one before. At most five requests; nothing is stored. */
export async function examine(target: Target, secrets: SecretSource, signal: AbortSignal): Promise<readonly Diagnosis[]> {
  const base = target.fhir?.base;
  if (base === undefined) return [skip('target', 'it names no fhir.base, so there is nothing to look at before discovery: run it')];
  let session: Session;
  try {
    session = openSession(target, secrets);
  } catch (cause) {
    return [bad('secrets', (cause as Error).message)];
  }
  const redactor = createRedactor(target.evidence ?? 'pseudonymised', randomUUID(), target.members);
  redactor.target(target);
  for (const token of session.tokens.values()) redactor.learnSecret('token', token);
  const found: Diagnosis[] = [good('secrets', 'every secret that the target file names is there')];
  try {
    const url = new URL(base);
    found.push(await dns(url.hostname));
    if (found.at(-1)?.state !== 'bad') found.push(await handshake(url, target, signal));
    if (!found.some(({ state }) => state === 'bad')) found.push(...(await ask(target, base, session, signal, redactor)));
  } finally {
    session.close();
  }
  return found.map((each) => ({ ...each, text: visible(redactor.text(each.text)) }));
}

async function dns(host: string): Promise<Diagnosis> {
  try {
    const addresses = await lookup(host, { all: true });
    return good('dns', `${host} is ${addresses.map(({ address }) => address).join(', ')}`);
  } catch (cause) {
    return bad('dns', `${host} does not resolve (${(cause as NodeJS.ErrnoException).code}). Check the spelling in fhir.base, and your DNS or VPN.`);
  }
}

function handshake(url: URL, target: Target, signal: AbortSignal): Promise<Diagnosis> {
  if (url.protocol !== 'https:')
    return Promise.resolve(warn('tls', `${url.origin} is plain http: tokens and records travel open. Only right for a test system.`));
  return new Promise((resolve) => {
    // Trust is shown by the real requests, which use the target's CA; this look is for the protocol and the dates.
    const socket = connect({
      host: url.hostname,
      port: Number(url.port || 443),
      ...(isIP(url.hostname) ? {} : { servername: url.hostname }),
      rejectUnauthorized: false,
    });
    const end = (diagnosis: Diagnosis) => {
      socket.destroy();
      resolve(diagnosis);
    };
    signal.addEventListener('abort', () => end(bad('tls', `no handshake with ${url.host} in time. Check the port and any firewall.`)), {
      once: true,
    });
    socket.once('error', (cause) =>
      end(bad('tls', `no TLS with ${url.host}: ${cause.message}. Check the port, and that it speaks TLS 1.2 or newer.`)),
    );
    socket.once('secureConnect', () => end(certificate(socket, url, target)));
  });
}

function certificate(socket: TLSSocket, url: URL, { tls }: Target): Diagnosis {
  const peer: PeerCertificate = socket.getPeerCertificate();
  const days = Math.floor((Date.parse(peer.valid_to) - Date.now()) / 86_400_000);
  const said = `${socket.getProtocol()} with ${url.host}, certificate of ${peer.issuer?.CN ?? peer.issuer?.O ?? 'an unnamed authority'} for another ${days} days`;
  if (days < 0) return bad('tls', `${said}: it has expired. The server needs a new one.`);
  if (!socket.authorized && tls?.ca === undefined)
    return bad('tls', `${said}: not trusted here (${socket.authorizationError}). Name its authority in the target's tls.ca.`);
  return days < 14 ? warn('tls', `${said}: renew it soon.`) : good('tls', said);
}

async function ask(target: Target, base: string, session: Session, signal: AbortSignal, redactor: Redactor): Promise<readonly Diagnosis[]> {
  let index = 0;
  const provider = createProvider({
    ...session,
    target,
    signal,
    record: (exchange) => {
      redactor.learn(exchange);
      return { ...exchange, index: index++, suite: 'doctor' };
    },
    blocked: () => {},
  });
  const found: Diagnosis[] = [];
  for (const look of [lookAtMetadata, lookAtToken, lookAtMember, lookAtCds]) {
    try {
      found.push(...(await look(provider, base)));
    } catch (cause) {
      const text =
        cause instanceof Stop
          ? cause.message
          : signal.aborted
            ? 'no answer within the ten seconds. Is the server this slow, or a firewall in between?'
            : String(cause);
      found.push(bad(names.get(look) ?? 'payer', text));
    }
    if (found.some(({ state }) => state === 'bad')) break;
  }
  return found;
}

async function lookAtMetadata(provider: Provider, base: string): Promise<readonly Diagnosis[]> {
  const { exchange, status, json, headers } = await provider.ask('metadata', metadata(base));
  if (exchange.error) return [bad('metadata', `${exchange.error.message} (${exchange.error.code}).`)];
  provider.known.base = base;
  const found = [clock(headers['date'])];
  if (!isResource(json, 'CapabilityStatement'))
    return [
      ...found,
      bad(
        'metadata',
        `${base}/metadata answered ${status} with ${clip(exchange.response?.body ?? '', 80) || 'an empty body'}. Expected a CapabilityStatement: is fhir.base right?`,
      ),
    ];
  provider.known.capability = json;
  const version = asString(at(json, 'fhirVersion')) ?? 'unknown';
  const text = `CapabilityStatement of ${asString(at(json, 'software', 'name')) ?? asString(at(json, 'publisher')) ?? 'an unnamed server'}, FHIR ${version}`;
  return [...found, version.startsWith('4.0') ? good('metadata', text) : warn('metadata', `${text}. Expected FHIR 4.0.1: is this the R4 base?`)];
}

/** Client assertions live for minutes; a clock that is a minute off makes them stale or not yet valid. */
function clock(date: string | undefined): Diagnosis {
  const theirs = Date.parse(date ?? '');
  if (Number.isNaN(theirs)) return skip('clock', 'the server sends no Date header, so the clocks cannot be compared');
  const skew = Math.round((theirs - Date.now()) / 1000);
  const text = `the server's clock is ${Math.abs(skew)} s ${skew < 0 ? 'behind' : 'ahead of'} ours`;
  if (Math.abs(skew) > 60) return bad('clock', `${text}: its token endpoint will refuse our assertions. Set both clocks by NTP.`);
  return Math.abs(skew) > 5 ? warn('clock', `${text}. Set both clocks by NTP.`) : good('clock', text);
}

const tokenWords = {
  none: 'the target file says that none is needed',
  bearer: 'the target file brings its own',
  udap: 'it comes by UDAP, with registration where that is allowed: that is for the run to try, and is not tried here',
} as const;

async function lookAtToken(provider: Provider, base: string): Promise<readonly Diagnosis[]> {
  const { auth } = provider.target;
  if (auth.kind !== 'smart-backend' && auth.kind !== 'client-secret') return [skip('token', tokenWords[auth.kind])];
  const endpoint = auth.tokenEndpoint ?? asString(at((await provider.ask('smart.configuration', smartConfiguration(base))).json, 'token_endpoint'));
  if (endpoint === undefined)
    return [bad('token', `${base}/.well-known/smart-configuration names no token_endpoint. Name it in auth.tokenEndpoint.`)];
  const { exchange, status, json } = await provider.ask('token', tokenRequest(endpoint, auth.scope));
  const token = asString(at(json, 'access_token'));
  if (token === undefined) {
    const words =
      asString(at(json, 'error_description')) ?? asString(at(json, 'error')) ?? exchange.error?.message ?? clip(exchange.response?.body ?? '', 120);
    return [
      bad(
        'token',
        `${endpoint} answered ${status}: ${words.replace(/\.$/, '')}. Check clientId, kid, the registered key, and that ${endpoint} is the audience it expects.`,
      ),
    ];
  }
  provider.tokens.set('default', token);
  return [
    good('token', `${endpoint} gave one for ${asString(at(json, 'scope')) ?? 'no named scope'}, valid ${String(at(json, 'expires_in') ?? '?')} s`),
  ];
}

async function lookAtMember(provider: Provider, base: string): Promise<readonly Diagnosis[]> {
  const known = provider.target.members.known;
  if (!known) return [warn('member', 'the target file names no members.known: most of S1 cannot be tested. Add one synthetic member.')];
  const looked = known.patientId === undefined ? [] : [await lookAtPatient(provider, base, known.patientId)];
  const { capability } = provider.known;
  if (!isResource(capability) || !hasOperation(capability, 'Patient', 'member-match'))
    return looked.length > 0
      ? looked
      : [skip('member', 'the payer declares no $member-match, so members.known is not looked at: add members.known.patientId to have it read')];
  if (!hasCard(known))
    return [
      ...looked,
      warn(
        'member',
        'members.known has no coverage, so $member-match and CRD, which need a card, are not tested. Add the FHIR Coverage to have them asked.',
      ),
    ];
  const { status, json, exchange } = await provider.ask('member-match', inForm(askMemberMatch(base, known), provider.target.memberMatch ?? {}));
  if (isResource(json, 'Parameters') && status === 200) return [good('member', 'the known member is matched'), ...looked];
  return [
    ...looked,
    warn(
      'member',
      `$member-match answered ${status}${wordsIn(json, exchange)}. Check members.known against the payer's own data; it may also ask for a Consent.`,
    ),
  ];
}

/** The id that the target file gives: is that Patient there, and open to us? */
async function lookAtPatient(provider: Provider, base: string, id: string): Promise<Diagnosis> {
  const { status, json, exchange } = await provider.ask('read', read(base, 'Patient', id));
  if (status === 200 && isResource(json, 'Patient')) return good('member', `Patient/${id} is read`);
  return warn('member', `GET Patient/${id} answered ${status}${wordsIn(json, exchange)}. Check members.known.patientId, and the scope of our token.`);
}

/** What the payer says of it, after a colon. */
function wordsIn(json: Json | undefined, { error }: Exchange): string {
  const words = asString(at(json, 'issue', 0, 'details', 'text')) ?? asString(at(json, 'issue', 0, 'diagnostics')) ?? error?.message ?? '';
  return words === '' ? '' : `: ${clip(words, 160)}`;
}

const names = new Map<unknown, string>([
  [lookAtMetadata, 'metadata'],
  [lookAtToken, 'token'],
  [lookAtMember, 'member'],
  [lookAtCds, 'cds'],
]);

/** Does the CDS service that the target file names say what it offers, and is there a hook of CRD among it? */
async function lookAtCds({ ask, target }: Provider): Promise<readonly Diagnosis[]> {
  const base = target.cds?.base;
  if (base === undefined) return [skip('cds', 'the target file names no cds.base: the CRD service is looked for in the davinci-configuration file')];
  const { exchange, status, json } = await ask('cds.discovery', cdsDiscovery(base));
  const offered = asArray(at(json, 'services')).flatMap((each) => asString(at(each, 'hook')) ?? []);
  if (exchange.error) return [bad('cds', `${exchange.request.url}: ${exchange.error.message} (${exchange.error.code}). Is cds.base right?`)];
  if (!Array.isArray(at(json, 'services')))
    return [
      bad(
        'cds',
        `${exchange.request.url} answered ${status}${wordsIn(json, exchange)}. Expected {"services": [...]}: cds.base is what stands before /cds-services.`,
      ),
    ];
  const known = hooks.filter((hook) => offered.includes(hook));
  const text = `${exchange.request.url} offers ${offered.join(', ') || 'nothing'}`;
  return [known.length > 0 ? good('cds', text) : warn('cds', `${text}: no hook of CRD (${hooks.join(', ')}), so S2 cannot be tested.`)];
}
