import { clientRows } from '../../../../checks/client/index.ts';
import { type Case, healthy, type Journey } from '../../../../mocks/client/case.ts';
import { cases as everyCase } from '../../../../mocks/client/cases/index.ts';
import { createRoot } from '../../../../mocks/pki/authority.ts';
import { verdictsOf } from '../../../core/client-verdicts.ts';
import type { Hearing, Play } from '../../../core/heard.ts';
import type { Finding, Verdict, WireRequest } from '../../../core/model.ts';
import { conduct } from '../../conduct.ts';
import type { Bracket, Trigger } from '../../play.ts';
import { ownClaims, ownShare } from '../embedded.ts';
import { ownTrigger, restricted } from '../trigger.ts';
import { variedRegistration } from './keys.ts';
import type { Shown, Variation } from './variation.ts';

/** What came of one variation. */
export interface Tried {
  readonly variation: Variation;
  /** Its cases as they were played. */
  readonly plays: readonly Play[];
  readonly shown: Shown;
  /** Over its cases alone. */
  readonly findings: ReadonlyMap<string, Finding>;
  /** What fails over them and the healthy journeys around them, as a client's whole run is judged. */
  readonly failed: readonly Verdict[];
}

interface Entry {
  readonly variation: Variation;
  readonly nth: number;
  /** Its cases under names of their own, so that several variations can have the same case in one run. */
  readonly cases: readonly Case[];
  /** Of which controls: its own number, or that of those that are shared. */
  readonly controls: number;
  readonly sent: WireRequest[];
}

const alias = (id: string, nth: number): string => `${id}-v${nth}`;
function entryOf(variation: Variation, nth: number, controls: number): Entry {
  const cases = variation.cases.map((id): Case => {
    const found = everyCase.find((each) => each.id === id);
    if (found === undefined) throw new Error(`${variation.ids.join(', ')} names case ${id}, which there is not.`);
    const { serves } = variation;
    return { ...found, id: alias(id, nth), ...(serves === undefined ? {} : { serves: (stage) => serves(stage, found.serves?.(stage) ?? {}) }) };
  });
  return { variation, nth, cases, controls, sent: [] };
}

const kinds = (cases: readonly Case[]) => [...new Set(cases.map(({ journey }) => journey))];
const controlId = (journey: Journey, controls: number, end: 'a' | 'b'): string => `ok-${journey}-${controls}${end}`;
const controlsOf = ({ cases, controls }: Entry): readonly string[] =>
  kinds(cases).flatMap((journey) => [controlId(journey, controls, 'a'), controlId(journey, controls, 'b')]);

/** The cases of each journey between their controls. */
function bracketsOf(entries: readonly Entry[]): readonly Bracket[] {
  const numbers = new Set(entries.map(({ controls }) => controls));
  return [...numbers].flatMap((controls) => {
    const cases = entries.filter((each) => each.controls === controls).flatMap((each) => each.cases);
    return kinds(cases).map((journey) => ({
      journey,
      before: healthy(controlId(journey, controls, 'a'), journey),
      cases: cases.filter((each) => each.journey === journey),
      after: healthy(controlId(journey, controls, 'b'), journey),
    }));
  });
}

/** Does the varied client do its controls by nature, so that its witness sees them too? */
const doesControls = ({ controls }: Variation): boolean => controls === 'own' || controls === 'fail';

/** Plays variations in one run. `alone`: each has controls of its own; otherwise our honest client does those of all. */
export async function playVariations(
  chosen: readonly Variation[],
  { signal, alone = false }: { readonly signal: AbortSignal; readonly alone?: boolean },
): Promise<readonly Tried[]> {
  const secured = chosen.filter(({ https }) => https === true);
  const plain = chosen.filter(({ https }) => https !== true);
  const runs = [plain, secured].filter((each) => each.length > 0);
  return (await Promise.all(runs.map((each) => playTogether(each, signal, alone, each === secured)))).flat();
}

async function playTogether(chosen: readonly Variation[], signal: AbortSignal, alone: boolean, https: boolean): Promise<readonly Tried[]> {
  const entries = chosen.map((each, nth) => entryOf(each, nth, alone || doesControls(each) ? nth : chosen.length));
  const goes = ({ variation, nth, controls }: Entry): boolean => controls === nth && variation.controls !== 'honest';
  const owners = new Map(
    entries.flatMap((entry) => [...entry.cases.map(({ id }) => id), ...(goes(entry) ? controlsOf(entry) : [])].map((id) => [id, entry] as const)),
  );
  const material = https ? await mutualTls() : undefined;
  const { hearing } = await conduct({
    name: 'our own client, in other ways',
    cases: [],
    brackets: bracketsOf(entries),
    rows: [],
    clients: await variedRegistration(),
    restricted,
    share: ownShare,
    atOnce: 8,
    longest: 120_000,
    signal,
    ...(material === undefined ? {} : { tls: material.server }),
    trigger:
      (scripted): Trigger =>
      async (id, journey, about) => {
        const { variation, sent } = owners.get(id) ?? {};
        const differs = (await variation?.differs?.()) ?? {};
        await variation?.beforehand?.(scripted.stage(id).root);
        const sends = (request: WireRequest): WireRequest => {
          const leaves = variation?.sends?.(request) ?? request;
          sent?.push(leaves);
          return leaves;
        };
        const tls = material === undefined ? differs.tls : { ...material.client, ...differs.tls };
        return ownTrigger(() => scripted, { ...differs, ...(tls === undefined ? {} : { tls }), sends, share: ownShare, signal })(id, journey, about);
      },
  });
  return entries.map((each) => judged(each, hearing));
}

/** The rows, over what was heard of these cases alone, which have their names again. */
function judged(entry: Entry, { heard, plays, share }: Hearing): Tried {
  const { variation, nth, sent } = entry;
  const cases = new Set(entry.cases.map(({ id }) => id));
  const controls = new Set(controlsOf(entry));
  const renamed = <T>(value: T): T => variation.cases.reduce((all, id) => JSON.parse(JSON.stringify(all).replaceAll(alias(id, nth), id)) as T, value);
  const part = (belongs: (id: string) => boolean): Hearing => ({
    heard: renamed(heard.filter(({ suite }) => belongs(suite))),
    plays: renamed(plays.filter((each) => cases.has(each.case))),
    share,
  });
  const own = part((id) => cases.has(id));
  const whole = part((id) => cases.has(id) || controls.has(id));
  const claims = variation.claims ?? ownClaims;
  return {
    variation,
    plays: own.plays,
    shown: { heard: (doesControls(variation) ? whole : own).heard, sent, screen: own.plays.flatMap(({ shown = [] }) => shown) },
    findings: new Map(verdictsOf(clientRows, own, claims).map(({ requirement, finding }) => [requirement, finding])),
    failed: verdictsOf(clientRows, whole, claims).filter(({ finding }) => finding.outcome === 'fail'),
  };
}

/** A payer that wants a certificate of its clients, and one that it takes. */
async function mutualTls() {
  const root = await createRoot('mutual');
  const [server, client] = await Promise.all([
    root.issue({ name: 'payer', dns: ['localhost'], ips: ['127.0.0.1'] }),
    root.issue({ name: 'clinic', uris: ['https://clinic.example.org'] }),
  ]);
  return {
    server: { cert: server.chain, key: server.key, ca: root.certificate, requestCert: true, rejectUnauthorized: true },
    client: { ca: root.certificate, cert: client.chain, key: client.key },
  } as const;
}

/** What is wrong with a variation's outcome, in words; nothing where all is as its data say. */
export function complaints({ variation, plays, shown, findings, failed }: Tried): readonly string[] {
  const { open = {}, warns = {}, rows, cases, controls, shows } = variation;
  const wrong: string[] = [];
  if (!shows(shown)) wrong.push('it was not gone: its witness says no');
  if (plays.length !== cases.length) wrong.push(`${plays.length} of its ${cases.length} cases were played`);
  const completed = plays.every(({ before, after }) => before === 'completed' && after === 'completed');
  if (completed === (controls === 'fail')) wrong.push(`controls: ${plays.map((each) => `${each.case} ${each.before}/${each.after}`).join(', ')}`);
  for (const { requirement: id, level, finding } of failed) {
    if (finding.outcome !== 'fail') continue;
    const warning = level === 'SHOULD' || finding.severity === 'warning';
    if (!(warning && id in warns)) wrong.push(`${id} (${level}): expected ${finding.expected}; saw ${finding.actual}`);
  }
  // A judge that crashes, or a limit that is ours and not declared, would hide what a row has to say about a legal way.
  for (const [id, finding] of findings)
    if (finding.outcome === 'not-testable' && finding.because === 'ours' && !(id in open))
      wrong.push(`${id} says nothing, by our own doing: ${finding.reason}`);
  for (const id of [...rows, ...Object.keys(open), ...Object.keys(warns)]) {
    const wanted = id in warns ? ['fail'] : id in open ? ['not-testable', 'not-applicable'] : ['pass'];
    const finding = findings.get(id);
    const outcome = finding?.outcome;
    if (outcome === undefined || !wanted.includes(outcome))
      wrong.push(`${id}: ${outcome ?? 'no such row'}${finding && 'reason' in finding ? ` (${finding.reason})` : ''}; wanted ${wanted.join(' or ')}`);
  }
  return wrong;
}
