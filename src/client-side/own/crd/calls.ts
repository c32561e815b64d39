import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Reply } from '../../../client/provider.ts';
import { cdsDiscovery, type Hook, hookCall } from '../../../client/requests/crd/hooks.ts';
import { typeOf } from '../../../client/requests/crd/prefetch.ts';
import type { Records } from '../../../client/requests/crd/records.ts';
import { asArray, asObject, asString, at, isObject, type JsonObject } from '../../../core/fhir.ts';
import type { Json } from '../../../core/model.ts';
import { everyone, type Payer, type Practice, type User } from './practice.ts';

/** A service that a payer offers for a hook. */
interface Service {
  readonly id: string;
  readonly templates: Readonly<Record<string, string>>;
  readonly versions: readonly Json[];
  readonly options: readonly string[];
}

/** Reads the payer's list, and answers with the services for this hook. */
async function servicesFor({ own }: Practice, payer: Payer, hook: Hook): Promise<readonly Service[]> {
  const { provider, decide } = own;
  if (payer.services === undefined || decide.discoversAgain()) {
    const { json } = await provider.ask('cds.discovery', { ...cdsDiscovery(payer.base), clientJwt: decide.hookJwt(`${payer.base}/cds-services`) });
    if (json !== undefined) payer.services = json;
  }
  return asArray(at(payer.services, 'services')).flatMap((each) => {
    const [id, prefetch] = [asString(at(each, 'id')), at(each, 'prefetch')];
    if (at(each, 'hook') !== hook || id === undefined) return [];
    const templates = Object.entries(isObject(prefetch) ? prefetch : {}).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
    return [
      {
        id,
        templates: Object.fromEntries(templates),
        versions: asArray(at(each, 'extension', 'davinci-crd.version')),
        options: asArray(at(each, 'extension', 'davinci-crd.configuration-options')).flatMap((one) => asString(at(one, 'code')) ?? []),
      },
    ];
  });
}

export interface Asking {
  readonly user?: User;
  readonly configuration?: JsonObject;
}

/** The same records, and what else can be read. */
const withMore = (records: Records, reads: (path: string) => JsonObject | undefined): Records => {
  const get = (path: string): JsonObject | undefined => records.get(path) ?? reads(path);
  return Object.assign(new Map(records), { get });
};

/** One answer of a payer to a hook. */
export interface Answer {
  readonly payer: Payer;
  readonly service: string;
  readonly reply: Reply;
}

async function call(practice: Practice, payer: Payer, service: Service, hook: Hook, orders: readonly string[], asking: Asking): Promise<Answer> {
  const { own, ehr } = practice;
  const { provider, decide } = own;
  const { scene, records } = practice.recordsFor(payer, asking.user ?? everyone.doctor);
  const about = { ...scene, orders: scene.orders.filter((each) => orders.includes(`${String(each['resourceType'])}/${String(each['id'])}`)) };
  const types = decide.opens([
    ...new Set(['Patient', 'Coverage', 'Organization', 'Location', ...orders.map(typeOf), ...Object.values(service.templates).map(typeOf)]),
  ]);
  const grant = ehr.grant(withMore(records, decide.reads), {
    scope: decide.grantScope(types),
    ...(decide.servesPatient() ? (decide.guardsScope() ? { types } : {}) : { types: [] }),
  });
  const configuration = Object.fromEntries(
    Object.entries({ 'coverage-info': true, ...asking.configuration }).filter(([code]) => service.options.includes(code)),
  );
  const version = decide.version(service.versions);
  const spec = hookCall(
    payer.base,
    service.id,
    {
      hook,
      scene: about,
      instance: randomUUID(),
      ehr: grant,
      templates: service.templates,
      without: decide.leavesOut(),
      ...(version === undefined ? {} : { version }),
      ...(Object.keys(configuration).length === 0 ? {} : { configuration }),
      change: ({ prefetch, ...body }) => {
        const ahead = decide.prefetch(service.templates, asObject(prefetch));
        return {
          ...body,
          fhirAuthorization: {
            ...asObject(body['fhirAuthorization']),
            token_type: decide.tokenType(),
            expires_in: decide.tokenSeconds(grant.seconds),
            patient: String(scene.patient['id']),
            subject: decide.subject(payer.name),
          },
          ...(Object.keys(ahead).length === 0 ? {} : { prefetch: ahead }),
        };
      },
    },
    decide.hookJwt(`${payer.base}/cds-services/${service.id}`),
  );
  const timeout = decide.hookTimeout();
  const reply = await provider.ask('cds.hook', spec, timeout === undefined ? {} : { timeout });
  if (decide.endsToken()) grant.end();
  if (reply.status === 200) {
    const hash = createHash('sha256').update(reply.body).digest('hex');
    own.shown.push(`log ${decide.logs(hash)}`);
  }
  return { payer, service: service.id, reply };
}

/** Calls a hook at every service of these payers for it. Answers with what came in time: the person does not wait longer. */
export async function callHook(
  practice: Practice,
  payers: readonly Payer[],
  hook: Hook,
  orders: readonly string[],
  asking: Asking = {},
): Promise<readonly Answer[]> {
  const { decide } = practice.own;
  const answers: Answer[] = [];
  const at = async (payer: Payer, secondary: boolean, orders: readonly string[]): Promise<void> => {
    const configuration = { ...asking.configuration, ...(secondary && decide.switchesOff() ? { 'coverage-info': false } : {}) };
    const services = await servicesFor(practice, payer, hook);
    const all = services.map(async (each) => answers.push(await call(practice, payer, each, hook, orders, { ...asking, configuration })));
    await Promise.all(all);
  };
  const work = async (): Promise<void> => {
    if (decide.separates() && payers.length > 1)
      await Promise.all(
        payers.map((each, nth) =>
          at(
            each,
            false,
            orders.filter((_path, place) => place % payers.length === nth),
          ),
        ),
      );
    else if (decide.together()) await Promise.all(payers.map((each, nth) => at(each, nth > 0, orders)));
    else for (const [nth, each] of payers.entries()) await at(each, nth > 0, orders);
  };
  const stop = new AbortController();
  const whole = work().finally(() => stop.abort());
  await Promise.race([
    whole,
    sleep(hook === 'order-sign' && practice.slow ? practice.ms(decide.goesOnAfter()) : 30_000, undefined, { signal: stop.signal }).catch(
      () => undefined,
    ),
  ]);
  practice.late.push(whole.catch(() => undefined));
  return answers;
}
