import { join } from 'node:path';
import type { AppEhr, Launch } from '../../src/client/app/ehr.ts';
import { type Browser, visit } from '../../src/client/app/session.ts';
import type { Visited } from '../../src/client/app/visit.ts';
import { type Provider, Stop } from '../../src/client/provider.ts';
import { holdings, sceneFor } from '../../src/client/requests/crd/scene.ts';
import { asArray, asString, at } from '../../src/core/fhir.ts';
import type { AppCase, AppTarget, TargetMember, WireRequest, WireResponse } from '../../src/core/model.ts';
import { tracesOf } from '../../src/core/rubric/leaks.ts';

/** One app, and what it is launched with. */
export interface Desk {
  readonly browser: Browser;
  readonly ehr: AppEhr;
  readonly app: AppTarget & { readonly url: string };
  /** Its place in the target file. */
  readonly nth: number;
  /** Folder for pictures. */
  readonly pictures?: string;
}

export interface Launched {
  /** Puts what was seen into the history: launches that ran side by side stand there one after the other. */
  record(): void;
  /** Why the other launches of this app would show nothing. */
  readonly stop?: Stop;
}

/** Launches the app once, in a context of its own. */
export async function launchOnce(provider: Provider, { browser, ehr, app, nth, pictures }: Desk, kind: AppCase): Promise<Launched> {
  const { target, signal } = provider;
  const member = target.members.known as TargetMember;
  const scene = sceneFor(target, member, { day: new Date().toISOString().slice(0, 10) });
  const { appContext, clientId, path } = app;
  const launch = ehr.open(kind, { records: holdings(scene), patient: String(scene.patient['id']), appContext, clientId, path });
  const url = launchUrl(app.url, launch);
  const name = asArray(scene.patient['name'])[0];
  const names = [asString(at(name, 'given', 0)), asString(at(name, 'family'))].filter((each) => each !== undefined);
  const birthDate = asString(scene.patient['birthDate']);
  const picture = `app-${nth}-${kind}.png`;
  const visited = await visit(browser, launch, {
    ...{ kind, url, name: names, signal, login: app.login },
    member: [...tracesOf(member), ...(birthDate === undefined ? [] : [birthDate])],
    // Context is looked for where it was sent.
    shows: appContext === undefined ? undefined : app.shows,
    relaxed: target.tls?.relaxed === true,
    traced: provider.keepTrace !== undefined,
    picture: pictures === undefined ? undefined : { path: join(pictures, picture), name: `apps/${picture}` },
  });
  // Codes, tokens, states: nobody may read them, whatever field they stand in.
  for (const [secret, value] of launch.secrets) provider.tokens.set(`app.${nth}.${kind}.${secret}`, value);
  const trace = `app-${nth}-${kind}.trace.zip`;
  if (visited.trace !== undefined) provider.keepTrace?.(trace, visited.trace);
  const stop = kind === 'plain' ? stopOf(visited, launch, app) : undefined;
  return {
    record: () => record(provider, { visited, launch, url, kind, nth, scenario: app.scenario, trace: `apps/${trace}` }),
    ...(stop === undefined ? {} : { stop }),
  };
}

function launchUrl(url: string, { iss, launch }: Launch): string {
  const to = new URL(url);
  to.searchParams.set('iss', iss);
  to.searchParams.set('launch', launch);
  return to.href;
}

function stopOf({ page, login }: Visited, launch: Launch, { url }: AppTarget): Stop | undefined {
  const authorized = launch.calls.some(({ facts }) => facts['app.call'] === 'authorize');
  if (authorized) return undefined;
  const { response, error } = page;
  if (response === null) return new Stop(`no page came from ${url} (${error?.message ?? 'no answer'})`, error?.code === 'tls' ? 'set-up' : 'network');
  if (response.status >= 400) return new Stop(`${url} answers with status ${response.status}`, 'payer');
  if (login) return new Stop(`${url} asks for a login of its own: name a script that passes it (apps[].login)`, 'target-file');
  return launch.calls.length === 0
    ? new Stop(
        `the app at ${url} asked our EHR for nothing. If its server must reach us, say how (crd.ehr); if it waits for a click, a script can make it (apps[].login)`,
        'target-file',
      )
    : new Stop(`the app at ${url} never asked for authorization`, 'payer');
}

interface Recorded {
  readonly visited: Visited;
  readonly launch: Launch;
  readonly url: string;
  readonly kind: AppCase;
  readonly nth: number;
  readonly scenario: AppTarget['scenario'];
  /** Where its trace goes. */
  readonly trace: string;
}

function record(provider: Provider, { visited: { page, seen, trace }, launch, url, kind, nth, ...rest }: Recorded): void {
  const about = { 'app.nth': nth, ...(rest.scenario === undefined ? {} : { 'app.scenario': rest.scenario }) };
  const { response, startedAt, error } = page;
  const get: WireRequest = { method: 'GET', url, headers: { accept: 'text/html' } };
  const sent = { startedAt, timing: { total: page.ms }, size: sizeOf(response), ...(error === undefined ? {} : { error }) };
  const { index } = provider.observe('app.page', get, { ...sent, response, facts: about }, { variant: kind, member: 'known' });
  const labels = { variant: kind, member: 'known', follows: index } as const;
  for (const call of launch.calls) {
    const told = { startedAt: call.startedAt, timing: { total: call.ms }, size: sizeOf(call.response) };
    provider.observe('app.call', call.request, { ...told, response: call.response, facts: { ...call.facts, ...about } }, labels);
  }
  if (seen === undefined) return;
  const shown: WireResponse = { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: seen.text };
  const looked = { startedAt: seen.startedAt, timing: { total: seen.ms }, size: sizeOf(shown) };
  provider.observe(
    'app.seen',
    { ...get, url: seen.url },
    { ...looked, response: shown, facts: { ...seen.facts, ...(trace === undefined ? {} : { 'app.trace': rest.trace }), ...about } },
    labels,
  );
}

const sizeOf = (response: WireResponse | null) => ({ sent: 0, received: response?.body.length ?? 0, decoded: response?.body.length ?? 0 });
