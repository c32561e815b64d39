import type { Embedded } from '../../mocks/embedded.ts';
import { type SigningKey, signAssertion } from '../../src/client/assertion.ts';
import { signersOf } from '../../src/client/identity.ts';
import { cdsDiscovery } from '../../src/client/requests/crd/hooks.ts';
import { smartConfiguration } from '../../src/client/requests/fhir.ts';
import { tokenRequest } from '../../src/client/requests/token.ts';
import { createTransport, defaultLimits } from '../../src/client/transport.ts';
import { asArray, asString, at, jsonOf } from '../../src/core/fhir.ts';
import type { Exchange, LatencyData, RequestSpec, Target, TargetMember, WireRequest } from '../../src/core/model.ts';
import { collectLines } from '../../src/load/collect.ts';
import { factsOf } from '../../src/load/facts.ts';
import type { LoadLine, LoadPlan } from '../../src/load/plan.ts';
import { type JourneyName, journeyLengths, type Profile, profileOf } from '../../src/load/profiles.ts';
import { journeys } from '../../suites/load/journeys/index.ts';
import type { Ask, Ground } from '../../suites/load/lib/journey.ts';
import { allFamilies, judgesOf } from '../../suites/load/lib/judges.ts';
import { rehearsedOf, sampleOf } from '../../suites/load/lib/sample.ts';

/**
 * The same journeys, arrivals and samples as in k6, but inside this process and shortened to a second or two: so that faults that show under load only
 * have a place among the others. It proves judges, not payers; the same faults are proven with k6 in test/load.
 */

/** Stages as a plant needs them: what comes before does not count, and the rest is over in a second and a half. */
export const shortened = (profile: Profile): Profile => ({
  ...profile,
  think: 0,
  stages: profile.stages
    .filter((each) => each.kind !== 'warm-up')
    .map((each) => ({ ...each, seconds: each.kind === 'idle' ? 0.4 : each.kind === 'recovery' ? 0.6 : 1.6 })),
});

export async function loadInProcess(embedded: Embedded, target: Target, name: string): Promise<LatencyData> {
  const profile = shortened(profileOf(name, target.agreement));
  const members = (['known', 'history', 'nearMiss'] as const).flatMap((role) => target.members[role] ?? []);
  const base = target.fhir?.base ?? '';
  const plan: LoadPlan = { profile, base, members, target, hosts: [], auth: { kind: 'none' }, timeout: 5_000 };
  const transport = createTransport({}, { ...defaultLimits, timeout: 5_000 });
  const signer = signersOf(target, embedded.secrets)['default'];
  let token = '';

  async function send({ step, spec, member, variant }: Ask): Promise<Exchange> {
    const { facts: _facts, ...sent } = await transport.send(await wire(spec, token, signer));
    const request = { method: spec.method, url: spec.url, headers: {}, ...(spec.body === undefined ? {} : { body: spec.body }) };
    return { index: 0, suite: 'load', step, request, ...(member ? { member } : {}), ...(variant ? { variant } : {}), ...sent };
  }

  try {
    const smart = jsonOf((await send({ step: 'smart.configuration', spec: smartConfiguration(base) })).response);
    const endpoint = asString(at(smart, 'token_endpoint')) ?? '';
    const scope = target.auth.kind === 'smart-backend' ? target.auth.scope : undefined;
    token = asString(at(jsonOf((await send({ step: 'token', spec: tokenRequest(endpoint, scope) })).response), 'access_token')) ?? '';
    const cds = target.cds && { base: target.cds.base, services: await servicesOf(target.cds.base, send) };
    const learned = new Map<TargetMember, string>();
    const ground: Ground = {
      ...{ base, target },
      ...(cds ? { cds } : {}),
      ...(target.bulk?.group === undefined ? {} : { group: target.bulk.group }),
      uuid: () => crypto.randomUUID(),
      patientIdOf: (member) => learned.get(member),
      remember: (member, id) => void learned.set(member, id),
    };
    const hold = async (journey: JourneyName, nth: number, asking: (ask: Ask) => Promise<Exchange>): Promise<void> => {
      const member = members[nth % members.length];
      if (!member) return;
      const questions = journeys[journey].run(ground, member, nth);
      let step = questions.next();
      while (!step.done) step = questions.next(await asking(step.value));
    };
    const seen: Exchange[] = [];
    const used = new Set(profile.stages.flatMap((each) => Object.keys(each.mix) as JourneyName[]));
    for (const journey of used) for (const nth of members.keys()) await hold(journey, nth, async (ask) => keep(seen, await send(ask)));
    const judges = await judgesOf(allFamilies);
    const rehearsed = rehearsedOf(seen, plan, judges);
    const lines: LoadLine[] = [{ k: 'checks', checks: rehearsed.judged }];
    let opens = Date.now();
    for (const [index, stage] of profile.stages.entries()) {
      const arrivals = (Object.entries(stage.mix) as [JourneyName, number][]).flatMap(([journey, share]) => {
        const apart = (journeyLengths[journey] * 1000) / (stage.rate * share);
        return Array.from({ length: Math.max(1, Math.floor((stage.seconds * 1000) / apart)) }, (_, nth) => ({
          journey,
          nth,
          due: opens + nth * apart,
        }));
      });
      // Open model: each starts when it is due, whatever became of those before.
      await Promise.all(
        arrivals.map(async ({ journey, nth, due }) => {
          await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - Date.now())));
          await hold(journey, nth, async (ask) => {
            const began = Date.now();
            const exchange = await send(ask);
            lines.push(sampleOf(plan, rehearsed, judges, ask, exchange, { stage: index, iteration: `${journey}.${nth}`, at: began }));
            return exchange;
          });
        }),
      );
      opens = Math.max(opens + stage.seconds * 1000, Date.now());
    }
    const collected = collectLines(lines, profile.stages);
    return { startedAt: collected.startedAt, series: collected.series, load: factsOf(plan, collected, { dropped: 0, tool: 'in process' }) };
  } finally {
    transport.close();
  }
}

const keep = (seen: Exchange[], exchange: Exchange): Exchange => {
  seen.push(exchange);
  return exchange;
};

async function servicesOf(base: string, send: (ask: Ask) => Promise<Exchange>): Promise<Readonly<Record<string, string>>> {
  const { response } = await send({ step: 'cds.discovery', spec: cdsDiscovery(base) });
  return Object.fromEntries(asArray(at(jsonOf(response), 'services')).map((each) => [String(at(each, 'hook')), String(at(each, 'id'))]));
}

async function wire(spec: RequestSpec, token: string, signer: SigningKey | undefined): Promise<WireRequest> {
  const headers: Record<string, string> = { accept: 'application/fhir+json', ...spec.headers };
  let { body } = spec;
  if (spec.token === 'default') headers['authorization'] = `Bearer ${token}`;
  if (spec.clientJwt && signer) headers['authorization'] = `Bearer ${await signAssertion(signer, spec.url, { claims: { sub: undefined } })}`;
  if (spec.form) {
    const form = new URLSearchParams(spec.form);
    if (spec.assertion && signer) form.set('client_assertion', await signAssertion(signer, spec.url));
    body = form.toString();
    headers['content-type'] = 'application/x-www-form-urlencoded';
  }
  return { method: spec.method, url: spec.url, headers, ...(body === undefined ? {} : { body }) };
}
