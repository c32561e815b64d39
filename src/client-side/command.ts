import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clientRows } from '../../checks/client/index.ts';
import { isSelection, type Selection, selections } from '../../checks/client/selections.ts';
import { serverCertificate } from '../../mocks/certificate.ts';
import { healthy } from '../../mocks/client/case.ts';
import { cases as everyCase } from '../../mocks/client/cases/index.ts';
import type { Scripted } from '../../mocks/client/host.ts';
import type { EvidenceLevel } from '../client/redact.ts';
import type { RawExchange } from '../core/model.ts';
import { type Conduct, type Conducted, conduct } from './conduct.ts';
import { logLines } from './log.ts';
import { conductOwn } from './own/embedded.ts';
import { type ClientPlan, casesOfSelection, loadPlan } from './plan.ts';
import { casesOf } from './play.ts';
import { openRunSheet } from './run-sheet.ts';
import { dropSession } from './session.ts';
import { situationOf } from './situation.ts';
import { proveSound } from './sound.ts';
import { registrationIn } from './state.ts';
import { planTrigger } from './triggers.ts';

export interface Wanted {
  readonly embedded?: boolean;
  readonly plan?: string;
  readonly only?: string;
  readonly state?: string;
  readonly port?: number;
  readonly bind?: string;
  readonly publicUrl?: string;
  readonly tls?: boolean;
  readonly share?: number;
  readonly seconds?: number;
  readonly select?: string;
  readonly evidence?: EvidenceLevel;
  readonly resume?: boolean;
  readonly quiet?: boolean;
  readonly folder: string;
  readonly say: (line: string) => void;
  /** Told of each case as it begins, and of each request that was heard. */
  readonly onCase?: NonNullable<Conduct['onCase']>;
  readonly onHeard?: (exchange: RawExchange) => void;
  /** Told where the run sheet is; who has its address may mark cases. */
  readonly onSheet?: (url: string) => void;
  readonly signal: AbortSignal;
}

/** Plays what the command line asks for. */
export async function conductFor(wanted: Wanted): Promise<Conducted> {
  const { say, signal } = wanted;
  const only = wanted.only?.split(',').map((each) => each.trim());
  const unknown = only?.find((id) => !everyCase.some((each) => each.id === id));
  if (unknown !== undefined) throw new Error(`${unknown} is no case. Known: ${everyCase.map(({ id }) => id).join(', ')}.`);
  const onCase: NonNullable<Conduct['onCase']> = (about, nth, of) => {
    wanted.onCase?.(about, nth, of);
    if (!wanted.quiet) say(`${nth} of ${of}: ${about.id}, ${about.does}`);
  };
  if (wanted.select !== undefined && !isSelection(wanted.select))
    throw new Error(`${wanted.select} is no selection of rows. Known: ${Object.keys(selections).join(', ')}.`);
  const chosen = wanted.select;
  const rowsOf = (selection: Selection | undefined): Pick<Conduct, 'rows'> =>
    selection === undefined ? {} : { rows: clientRows.filter(({ id }) => selections[selection].includes(id)) };
  if (wanted.embedded) {
    const called = chosen === undefined ? undefined : casesOfSelection(chosen);
    const own = only ?? (called === undefined ? undefined : everyCase.filter(({ id }) => called.has(id)).map(({ id }) => id));
    await proveSound({ cases: own === undefined ? everyCase : everyCase.filter(({ id }) => own.includes(id)), signal });
    return conductOwn({
      signal,
      onCase,
      onReady: (scripted) => greet(scripted, say),
      ...rowsOf(chosen),
      ...(own === undefined ? {} : { cases: own }),
    });
  }

  const log = (exchange: RawExchange): void => {
    wanted.onHeard?.(exchange);
    if (!wanted.quiet) logLines(exchange).forEach(say);
  };
  const plan: ClientPlan = wanted.plan === undefined ? passive : loadPlan(wanted.plan);
  const selection = chosen ?? plan.select;
  const wantedCases = selection === undefined ? undefined : casesOfSelection(selection);
  const played = plan.cases.filter(({ id }) => (only?.includes(id) ?? true) && (wantedCases?.has(id) ?? true));
  if (wanted.plan !== undefined && played.length === 0)
    throw new Error(`The plan ${wanted.plan} plays none of ${wanted.only}: it has no trigger for their journeys, or names other cases.`);
  // Keys are made only once it is clear that there is something to play.
  const stateFolder = resolve(wanted.state ?? join(wanted.folder, 'state'));
  const state = registrationIn(stateFolder);
  const clients = plan.clients ?? state.clients;
  const clientId = [...clients.keys()][0] ?? state.clientId;
  const tls = wanted.tls ? await serverCertificate(wanted.publicUrl) : undefined;
  const authority = join(stateFolder, 'ca.pem');
  const secure = played.some(({ journey }) => journey === 'secure');
  if (tls !== undefined) writeFileSync(authority, tls.ca);
  const session = join(stateFolder, 'session.json');
  if (wanted.resume !== true) dropSession(session);
  else if (!existsSync(session)) say(`Nothing was left at ${session}: everything is played.`);
  const environment = {
    PAYER_KEY_JWK: state.files.jwk,
    PAYER_KEY_PEM: state.files.pem,
    PAYER_KEY_ID: 'client-1',
    ...(tls === undefined && !secure ? {} : { NODE_EXTRA_CA_CERTS: authority, PAYER_CA: authority }),
  };
  if (plan.clients === undefined)
    say(
      `Registered: client_id ${clientId}, key ES384 with kid client-1. Private key: ${state.files.jwk} (JWK) and ${state.files.pem}; public: ${state.files.jwks}`,
    );
  if (tls !== undefined) say(`https: let the client trust ${authority}`);
  const listening = {
    ...(wanted.port === undefined ? {} : { port: wanted.port }),
    ...(wanted.bind === undefined ? {} : { bind: wanted.bind }),
    ...(wanted.publicUrl === undefined ? {} : { publicUrl: wanted.publicUrl }),
    ...(tls === undefined ? {} : { tls: { cert: tls.cert, key: tls.key } }),
  };
  const common = {
    ...listening,
    ...{ name: plan.name, clients, claims: plan.guides, signal, onHeard: log, session },
    evidence: wanted.evidence ?? plan.evidence ?? 'pseudonymised',
    ...(plan.restricted === undefined ? {} : { restricted: plan.restricted }),
    ...(plan.keysAt === undefined ? {} : { keysAt: plan.keysAt }),
    ...(plan.anchors === undefined ? {} : { anchors: plan.anchors }),
  };
  await proveSound({ cases: played, journeys: wanted.plan === undefined ? ['record', 'bulk', 'crd'] : [], signal });
  if (wanted.plan === undefined)
    return conduct({
      ...common,
      cases: [],
      brackets: [{ journey: 'record', before: healthy('passive', 'record'), cases: [], after: healthy('passive-end', 'record') }],
      rows: clientRows.filter(({ cases, anywhere }) => cases === undefined || anywhere === true),
      share: 1,
      atOnce: 1,
      onReady: (scripted) => invite(scripted, clientId, say),
      trigger: () => async (id) => {
        if (id === 'passive') await sleep((wanted.seconds ?? 86_400) * 1000, undefined, { signal }).catch(() => undefined);
        return {};
      },
    });
  const byHand = played.some(({ journey }) => plan.triggers[journey]?.kind === 'operator');
  const sheet = byHand ? await openRunSheet(plan.name) : undefined;
  return conduct({
    ...common,
    ...rowsOf(selection),
    cases: played,
    share: wanted.share ?? plan.share,
    atOnce: plan.atOnce,
    onCase,
    onWindow: (about, ms) => sheet?.waits(about.id, ms),
    onReady: (scripted, brackets) => {
      greet(scripted, say);
      if (scripted.authority !== undefined) writeFileSync(authority, `${tls?.ca ?? ''}${scripted.authority}`);
      if (secure) say(`https in cases about TLS: let the client trust ${authority}`);
      if (sheet !== undefined) {
        wanted.onSheet?.(sheet.url);
        say(`Run sheet: ${sheet.url}`);
      }
      say(`${played.length} cases, with their controls ${casesOf(brackets).length} triggers.`);
    },
    trigger: (scripted) => planTrigger(scripted, { plan, clientId, environment, signal, say, sheet }),
  }).finally(() => sheet?.close());
}

const passive: ClientPlan = { name: 'a client that was listened to', guides: {}, cases: [], triggers: {}, share: 1, atOnce: 1 };

const greet = (scripted: Scripted, say: (line: string) => void): void =>
  say(`The scripted payers listen at ${scripted.origin}/CASE. Nothing here is a real member: send none.`);

/** What a newcomer needs for the first token. */
async function invite(scripted: Scripted, clientId: string, say: (line: string) => void): Promise<void> {
  const { fhirBase, tokenUrl, cdsBase, group, given, family, birthDate, memberNumber, patientId } = await situationOf(
    scripted,
    'passive',
    'record',
    clientId,
  );
  say(`FHIR base   ${fhirBase}`);
  say(`token URL   ${tokenUrl} (client_credentials, private_key_jwt, scope system/*.rs)`);
  say(`CDS Hooks   ${cdsBase}/cds-services`);
  say(`bulk        ${fhirBase}/Group/${group}/$export`);
  say(`member      ${given} ${family}, born ${birthDate}, member number ${memberNumber}, Patient/${patientId}`);
  say('Ctrl-C ends the recording and grades it.');
}
