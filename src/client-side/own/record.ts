import { setTimeout as sleep } from 'node:timers/promises';
import { type Reply, Stop } from '../../client/provider.ts';
import { metadata, read, search, smartConfiguration } from '../../client/requests/fhir.ts';
import { askMemberMatch, asOne, hasCard, memberMatchOf } from '../../client/requests/match.ts';
import { follow, readIfChanged } from '../../client/requests/rest.ts';
import { tokenRequest } from '../../client/requests/token.ts';
import { asArray, asObject, asString, at, entriesOf, isResource, parameterOf, type Resource } from '../../core/fhir.ts';
import type { Json, RequestSpec } from '../../core/model.ts';
import { tokenClientOf } from '../../core/target.ts';
import { isHttpUrl } from '../../core/url.ts';
import type { Own } from './client.ts';
import { honestDecisions } from './rules.ts';

/** Metadata and SMART configuration: nothing about a member leaves before the version is known. */
export async function discover({ provider, decide }: Own): Promise<string> {
  const { target, known } = provider;
  const base = target.fhir?.base;
  if (base === undefined) throw new Stop('the target file names no FHIR base', 'target-file');
  known.base = base;
  if (decide.readsMetadata()) {
    const { json } = await provider.ask('metadata', metadata(base));
    if (json !== undefined) known.capability = json;
    if (!decide.supports(asString(at(json, 'fhirVersion')))) throw new Stop(`the payer speaks FHIR ${String(at(json, 'fhirVersion'))}`, 'payer');
  }
  const { json: smart } = await provider.ask('smart.configuration', smartConfiguration(base));
  if (smart !== undefined) known.smart = smart;
  const endpoint = asString(at(smart, 'token_endpoint'));
  if (isHttpUrl(endpoint)) known.tokenEndpoint = endpoint;
  return base;
}

/** A token; after an error nothing is asked without one. */
export async function authenticate({ provider, decide }: Own, scope: string): Promise<void> {
  const { known, tokens, target } = provider;
  if (known.tokenEndpoint === undefined || tokenClientOf(target) === undefined) throw new Stop('the payer names no token endpoint', 'payer');
  const listed = asArray(at(known.smart, 'token_endpoint_auth_signing_alg_values_supported')).flatMap((each) => asString(each) ?? []);
  const as = decide.signsWith(listed) === 'RS384' ? { as: 'spare' } : {};
  const { tries, asksWithout } = decide.insists();
  for (let attempt = 0; attempt <= tries; attempt++) {
    const reply = await provider.ask('token', tokenRequest(known.tokenEndpoint, decide.scope(scope), as));
    const token = asString(at(reply.json, 'access_token'));
    if (token === undefined) continue;
    tokens.set('default', token);
    return;
  }
  if (!asksWithout) throw new Stop('no token was given', 'payer');
  tokens.set('default', 'none');
}

/** The file in which a payer says where its endpoints are. Source: http://hl7.org/fhir/us/davinci-hrex/endpoint-discovery.html */
const whereabouts = (base: string): RequestSpec => ({
  method: 'GET',
  url: `${base.replace(/\/fhir$/, '')}/.well-known/davinci-configuration`,
  headers: { accept: 'application/json' },
});

/** One request of a journey, with what a careless client would add to it. */
async function ask(own: Own, step: 'read' | 'search' | 'page', spec: RequestSpec): Promise<Reply> {
  const { provider, decide } = own;
  if (decide.tokenPerCall(spec.url)) await authenticate(own, scopes);
  if (decide.metadataPerCall() && provider.known.base !== undefined) await provider.ask('metadata', metadata(provider.known.base));
  let reply = await provider.ask(step, spec);
  const wider = decide.widens(reply.status);
  if (wider !== undefined) {
    await authenticate(own, wider);
    reply = await provider.ask(step, spec);
  }
  if (decide.looksUpAgain(reply.status)) await provider.ask('wellknown.davinci', whereabouts(provider.known.base ?? ''));
  for (let again = decide.repeats(reply.status); again > 0; again--) await provider.ask(step, spec);
  if (!decide.survives(reply.body)) throw new Stop('an answer could not be read', 'ours');
  return reply;
}

export const scopes = 'system/Patient.rs system/Coverage.rs system/Observation.rs system/Practitioner.rs';

/** Who is the member here? The identifier that the payer gives back, or a stop. */
async function matched({ provider, decide }: Own, base: string): Promise<string> {
  const person = provider.target.members.known;
  if (person === undefined || !hasCard(person)) throw new Stop('no member is known', 'target-file');
  const ask = async (patient: { readonly [key: string]: Json }, consent = true): Promise<Reply> =>
    provider.ask('member-match', consent ? askMemberMatch(base, { ...person, patient }) : memberMatchOf(base, { ...person, patient }));
  let reply = await ask(person.patient);
  for (const patient of decide.respells(person.patient, reply.status)) reply = await ask(patient);
  if (reply.status === 422 && decide.dropsConsent()) reply = await ask(person.patient, false);
  const identifier = asObject(parameterOf(reply.json, 'MemberIdentifier')?.['valueIdentifier']);
  const value = asString(identifier['value']);
  if (reply.status !== 200 || value === undefined) throw new Stop(`the member was not matched (${reply.status})`, 'payer');
  const card = asString(at(asOne(person).coverage, 'subscriberId')) ?? '';
  return decide.names(`${asString(identifier['system']) ?? ''}|${value}`, card);
}

/** Searches and follows the pages to their end. */
async function allPages(own: Own, spec: RequestSpec): Promise<readonly Resource[]> {
  const { decide } = own;
  const seen = new Set<string>([spec.url]);
  const found: Resource[] = [];
  let reply = await ask(own, 'search', spec);
  for (let page = 0; page < 60; page++) {
    found.push(
      ...entriesOf(reply.json).flatMap(({ resource, mode }) =>
        resource === undefined || (mode === 'outcome' && !decide.followsOutcomes()) ? [] : [resource],
      ),
    );
    if (decide.stopsWhenEmpty() && entriesOf(reply.json).length === 0) break;
    const next = decide.nextPage(reply.json, reply.exchange.request.url, decide.remembersPages() ? seen : new Set());
    if (next === undefined) break;
    seen.add(next);
    reply = await ask(own, 'page', follow(next));
  }
  return found;
}

/** The documents of the member, and the texts that they lead to. */
export async function documents(own: Own): Promise<void> {
  const { provider, decide } = own;
  const base = await discover(own);
  await authenticate(own, scopes);
  const id = provider.target.members.known?.patientId ?? '';
  const found = await provider.ask('docref', search(base, 'DocumentReference', { patient: id }));
  await provider.ask('read', read(base, 'Patient', id));
  for (const { resource } of entriesOf(found.json)) {
    const url = asString(at(resource ?? null, 'content', 0, 'attachment', 'url'));
    if (url === undefined || !decide.followsReference(url, base) || !decide.opensDocuments()) continue;
    const type = asString(at(resource ?? null, 'content', 0, 'attachment', 'contentType')) ?? '*/*';
    const { body } = await provider.ask('binary', { ...follow(url), headers: { accept: type } });
    own.shown.push(decide.shows(body.slice(0, 500)));
  }
}

/** Discovery to record: token, match, the person, coverage and results, and what they refer to. */
export async function record(own: Own): Promise<void> {
  const { provider, decide } = own;
  const base = await discover(own);
  await authenticate(own, scopes);
  const identifier = await matched(own, base);
  const people = (await allPages(own, search(base, 'Patient', { identifier }))).filter((each) => isResource(each, 'Patient'));
  const chosen = decide.chooses(people, (line) => own.shown.push(line));
  if (chosen === undefined) throw new Stop(`${people.length} people fit; somebody must decide`, 'payer');
  const id = String(chosen['id']);
  const patient = await ask(own, 'read', read(base, 'Patient', id));
  const person = provider.target.members.known;
  if (patient.status === 200 && person !== undefined && !decide.isSame(person.patient, patient.json ?? null))
    throw new Stop('the person whom the payer returned is another one', 'payer');
  await allPages(own, search(base, 'Coverage', { patient: id }));
  const found = await allPages(
    own,
    search(base, 'Observation', { patient: id, category: 'laboratory', date: 'ge2015-01-01T00:00:00Z', _count: '20' }),
  );
  const results = found.filter((each) => decide.belongs(each, id));
  for (const each of results)
    if (isResource(each, 'Observation'))
      own.shown.push(decide.shows(`${asString(at(each, 'code', 'text')) ?? 'a result'}${hasValue(each) ? '' : ' (no value given)'}`));
  if (results.length < found.length) own.shown.push(`${found.length - results.length} results of somebody else were left out`);
  for (const url of referencesIn(results, base)
    .filter((each) => decide.followsReference(each, base))
    .slice(0, 2))
    await ask(own, 'read', follow(url));
  for (const each of found)
    if (decide.followsStrangers() && !honestDecisions.belongs(each, id)) await ask(own, 'read', read(base, each.resourceType, String(each['id'])));
  if (decide.followsOutcomes())
    for (const each of found)
      if (isResource(each, 'OperationOutcome')) await ask(own, 'read', read(base, 'OperationOutcome', String(each['id'] ?? '1')));
  await again(own, base, id, patient);
}

const hasValue = (resource: Resource): boolean => Object.keys(resource).some((name) => name.startsWith('value') || name === 'component');

/** A second look at the person, only if something changed. */
async function again(own: Own, base: string, id: string, before: Reply): Promise<void> {
  const etag = before.headers['etag'];
  if (etag === undefined) return;
  for (let look = 0; look < 2; look++) {
    const reply = await ask(own, 'read', readIfChanged(base, 'Patient', id, etag));
    if (reply.status === 304 && own.decide.asksAgainAfter304()) await ask(own, 'read', read(base, 'Patient', id));
    await sleep(1);
  }
}

const referencesIn = (resources: readonly Resource[], base: string): readonly string[] => [
  ...new Set(
    resources.flatMap((each) =>
      asArray(each['performer']).flatMap((performer) => {
        const reference = asString(at(performer, 'reference'));
        return reference === undefined ? [] : [isHttpUrl(reference) ? reference : `${base}/${reference}`];
      }),
    ),
  ),
];
