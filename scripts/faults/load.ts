import type { Embedded } from '../../mocks/embedded.ts';
import { type SigningKey, signAssertion } from '../../src/client/assertion.ts';
import { signersOf } from '../../src/client/identity.ts';
import { cdsDiscovery } from '../../src/client/requests/crd/hooks.ts';
import { type CdsService, servicesOf as servicesIn } from '../../src/client/requests/crd/prefetch.ts';
import { smartConfiguration } from '../../src/client/requests/fhir.ts';
import { tokenRequest } from '../../src/client/requests/token.ts';
import { createTransport, defaultLimits } from '../../src/client/transport.ts';
import { asString, at, jsonOf } from '../../src/core/fhir.ts';
import type { Exchange, LatencyData, RequestSpec, Target, TargetMember, WireRequest } from '../../src/core/model.ts';
import { collectLines } from '../../src/load/collect.ts';
import { factsOf } from '../../src/load/facts.ts';
import { journeyAt, offers, sharesOf } from '../../src/load/journeys.ts';
import type { LoadLine, LoadPlan } from '../../src/load/plan.ts';
import { arrivalsOf, type Profile, profileOf, streams } from '../../src/load/profiles.ts';
import type { Ask } from '../../suites/load/lib/journey.ts';
import { allFamilies, judgesOf } from '../../suites/load/lib/judges.ts';
import { rehearsedOf, sampleOf } from '../../suites/load/lib/sample.ts';
import { rehearse, walker } from '../../suites/load/lib/walk.ts';

/**
 * The same journeys, arrivals and samples as in k6, but inside this process and shortened to a second or two: so that faults that show under load only
 * have a place among the others. It proves judges, not payers; the same faults are proven with k6 in test/load.
 */

/** Stages as an injection needs them: what comes before does not count, and the rest is over in a second and a half. */
export const shortened = (profile: Profile): Profile => ({
  ...profile,
  stages: profile.stages
    .filter((each) => each.kind !== 'warm-up')
    .map((each) => ({ ...each, seconds: each.kind === 'idle' ? 0.4 : each.kind === 'recovery' ? 0.6 : 1.6 })),
});

export async function loadInProcess(embedded: Embedded, target: Target, name: string): Promise<LatencyData> {
  const profile = shortened(profileOf(name, target.agreement));
  const members = (['known', 'largeRecord', 'similar'] as const).flatMap((role) => target.members[role] ?? []);
  const base = target.fhir?.base ?? '';
  const plan: LoadPlan = { profile, base, members, offers, target, hosts: [], auth: { kind: 'none' }, timeout: 5_000 };
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
    const ground = {
      ...{ base, target },
      ...(cds ? { cds } : {}),
      ...(target.bulk?.group === undefined ? {} : { group: target.bulk.group }),
      uuid: () => crypto.randomUUID(),
      now: Date.now,
    };
    const used = [...new Set(profile.stages.flatMap((each) => sharesOf(each.mix).map(([journey]) => journey)))];
    const { exchanges, patients, offers: kept } = await rehearse(used, { ground, members, declared: offers }, send);
    const judges = await judgesOf(allFamilies);
    const rehearsed = rehearsedOf(exchanges, plan, judges);
    const lines: LoadLine[] = [{ k: 'checks', checks: rehearsed.judged }];
    const place = new Map(members.map((member, nth) => [member, patients[nth] ?? undefined]));
    const whole = {
      ...ground,
      offers: (what: (typeof offers)[number]) => kept.includes(what),
      closing: () => false,
      patientIdOf: (member: TargetMember) => place.get(member),
    };
    const free: ReturnType<typeof walker>[] = [];
    let opens = Date.now();
    for (const [index, stage] of profile.stages.entries()) {
      const arrivals = streams.flatMap((stream) => {
        const { mix, rate } = arrivalsOf(stage, stream, profile);
        const many = rate === 0 ? 0 : Math.max(1, Math.floor(stage.seconds * rate));
        return Array.from({ length: many }, (_, nth) => ({ stream, mix, nth, due: opens + (nth * 1000) / rate }));
      });
      // Open model: each starts when it is due, whatever became of those before.
      await Promise.all(
        arrivals.map(async ({ stream, mix, nth, due }) => {
          await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - Date.now())));
          const user = free.shift() ?? walker(whole, members, nth);
          const journey = journeyAt(mix, nth);
          if (journey)
            await user(journey, nth, async (ask) => {
              const began = Date.now();
              const exchange = await send(ask);
              lines.push(sampleOf(plan, rehearsed, judges, ask, exchange, { stage: index, iteration: `${stream}.${nth}`, at: began }));
              return exchange;
            });
          free.push(user);
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

async function servicesOf(base: string, send: (ask: Ask) => Promise<Exchange>): Promise<Readonly<Record<string, CdsService>>> {
  const { response } = await send({ step: 'cds.discovery', spec: cdsDiscovery(base) });
  return servicesIn(jsonOf(response));
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
