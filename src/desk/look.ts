import { asArray, asString, at, isResource } from '../core/fhir.ts';
import { type Guide, guides, idsOf } from '../core/guides.ts';
import type { Json } from '../core/model.ts';

/** What a payer says of itself before anybody proves who they are: enough to begin a target file. */
export interface Found {
  /** FHIR base whose /metadata answered. */
  readonly base: string;
  readonly software: string;
  readonly fhirVersion: string;
  /** From its SMART document; absent: it has none. */
  readonly tokenEndpoint?: string;
  /** How it lets clients prove who they are, as far as it says. */
  readonly auth: 'smart-backend' | 'client-secret' | 'none';
  /** What to ask for at its token endpoint, by what it says it gives: all it has for systems to read. */
  readonly scope?: string;
  readonly udap: boolean;
  /** Guides that it declares, by package id. */
  readonly guides: Readonly<Record<string, string>>;
}

/** Where FHIR bases stand below what people remember of an address. */
const usual = ['', '/fhir', '/r4', '/fhir/r4', '/baseR4', '/fhir/R4', '/api/fhir'];
const longest = 5_000_000;

/** Asks for /metadata at the address and at the usual places below it. No token is sent; no redirect is followed. Undefined: none is a FHIR R4 server. */
export async function look(address: string, signal: AbortSignal): Promise<Found | undefined> {
  const start = address.replace(/\/(metadata)?$/, '');
  for (const place of usual) {
    const base = `${start}${place}`;
    const capability = await json(`${base}/metadata`, signal);
    if (!isResource(capability, 'CapabilityStatement')) continue;
    const smart = await json(`${base}/.well-known/smart-configuration`, signal);
    const udap = await json(`${base}/.well-known/udap`, signal);
    const tokenEndpoint = asString(at(smart, 'token_endpoint'));
    return {
      base,
      software: asString(at(capability, 'software', 'name')) ?? asString(at(capability, 'publisher')) ?? 'an unnamed server',
      fhirVersion: asString(at(capability, 'fhirVersion')) ?? 'unknown',
      ...(tokenEndpoint === undefined ? {} : { tokenEndpoint }),
      auth: authOf(smart),
      ...scopeOf(smart),
      udap: udap !== undefined,
      guides: guidesOf(capability),
    };
  }
  return undefined;
}

function scopeOf(smart: Json | undefined): { readonly scope?: string } {
  const offered = asArray(at(smart, 'scopes_supported')).flatMap((each) => asString(each) ?? []);
  const whole = ['system/*.rs', 'system/*.read', 'system/*.*'].find((each) => offered.includes(each));
  const scope = whole ?? offered.filter((each) => /^system\/\w+\.(rs|read)$/.test(each)).join(' ');
  return scope === '' ? {} : { scope };
}

function authOf(smart: Json | undefined): Found['auth'] {
  if (at(smart, 'token_endpoint') === undefined) return 'none';
  const methods = asArray(at(smart, 'token_endpoint_auth_methods_supported')).flatMap((each) => asString(each) ?? []);
  return methods.length > 0 && !methods.includes('private_key_jwt') && methods.some((each) => each.startsWith('client_secret'))
    ? 'client-secret'
    : 'smart-backend';
}

/** `http://hl7.org/fhir/us/davinci-pdex/ImplementationGuide/hl7.fhir.us.davinci-pdex|2.1.0` names package and edition. */
function guidesOf(capability: Json): Readonly<Record<string, string>> {
  const known = new Set(Object.values<Guide>(guides).flatMap(idsOf));
  return Object.fromEntries(
    asArray(at(capability, 'implementationGuide')).flatMap((each) => {
      const [, id = '', edition = ''] = /ImplementationGuide\/([\w.-]+)\|([\w.-]+)$/.exec(asString(each) ?? '') ?? [];
      return known.has(id) ? [[id, edition]] : [];
    }),
  );
}

async function json(url: string, signal: AbortSignal): Promise<Json | undefined> {
  try {
    const answer = await fetch(url, { headers: { accept: 'application/fhir+json, application/json' }, redirect: 'manual', signal });
    if (!answer.ok || Number(answer.headers.get('content-length') ?? 0) > longest) return undefined;
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of answer.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > longest) return undefined;
    }
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
