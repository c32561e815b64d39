import { clientRows } from '../../../../checks/client/index.ts';
import { type Case, healthy } from '../../../../mocks/client/case.ts';
import { cases as everyCase } from '../../../../mocks/client/cases/index.ts';
import { createRoot } from '../../../../mocks/pki/authority.ts';
import { verdictsOf } from '../../../core/client-verdicts.ts';
import type { Hearing } from '../../../core/heard.ts';
import type { Finding, Verdict, WireRequest } from '../../../core/model.ts';
import { conduct } from '../../conduct.ts';
import type { Bracket, Trigger } from '../../play.ts';
import { ownClaims, ownShare } from '../embedded.ts';
import { ownTrigger, restricted } from '../trigger.ts';
import { variedRegistration } from './keys.ts';
import type { Variation } from './variation.ts';

/** What came of one variation. */
export interface Tried {
  readonly variation: Variation;
  readonly hearing: Hearing;
  readonly sent: readonly WireRequest[];
  /** Over its cases alone. */
  readonly findings: ReadonlyMap<string, Finding>;
  /** What fails over them and the healthy journeys around them, as a client's whole run is judged. */
  readonly failed: readonly Verdict[];
}

interface Entry {
  readonly variation: Variation;
  /** Its cases under names of their own, so that several variations can have the same case in one run. */
  readonly cases: readonly Case[];
  readonly sent: WireRequest[];
}

const alias = (id: string, nth: number): string => `${id}-v${nth}`;
function entryOf(variation: Variation, nth: number): Entry {
  const cases = variation.cases.map((id): Case => {
    const found = everyCase.find((each) => each.id === id);
    if (found === undefined) throw new Error(`${variation.ids.join(', ')} names case ${id}, which there is not.`);
    const { serves } = variation;
    return { ...found, id: alias(id, nth), ...(serves === undefined ? {} : { serves: (stage) => serves(stage, found.serves?.(stage) ?? {}) }) };
  });
  return { variation, cases, sent: [] };
}

const kinds = (cases: readonly Case[]) => [...new Set(cases.map(({ journey }) => journey))];
/** Controls of a variation's own: the varied client does them too. */
const bracketsOf = ({ cases }: Entry, nth: number): readonly Bracket[] =>
  kinds(cases).map((journey) => ({
    journey,
    before: healthy(`ok-${journey}-${nth}a`, journey),
    cases: cases.filter((each) => each.journey === journey),
    after: healthy(`ok-${journey}-${nth}b`, journey),
  }));

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
  const entries = chosen.map(entryOf);
  const ownControls = (entry: Entry): boolean => alone || entry.variation.controls === 'fail';
  const shared = entries.filter((each) => !ownControls(each)).flatMap(({ cases }) => cases);
  const brackets: readonly Bracket[] = [
    ...(shared.length === 0 ? [] : bracketsOf({ cases: shared, sent: [], variation: chosen[0] as Variation }, entries.length)),
    ...entries.flatMap((each, nth) => (ownControls(each) ? bracketsOf(each, nth) : [])),
  ];
  const owners = new Map(entries.flatMap((entry) => entry.cases.map(({ id }) => [id, entry] as const)));
  for (const [nth, entry] of entries.entries())
    if (ownControls(entry) && entry.variation.controls !== 'honest')
      for (const { before, after } of bracketsOf(entry, nth)) for (const { id } of [before, after]) owners.set(id, entry);
  const material = https ? await mutualTls() : undefined;
  const { hearing } = await conduct({
    name: 'our own client, in other ways',
    cases: [],
    brackets,
    rows: [],
    clients: await variedRegistration(),
    restricted,
    share: ownShare,
    atOnce: 8,
    longest: 120_000,
    signal,
    ...(material === undefined ? {} : { tls: material.server }),
    trigger: (scripted) => {
      const goes = async (...[id, journey, about]: Parameters<Trigger>) => {
        const entry = owners.get(id);
        const { variation, sent } = entry ?? {};
        const differs = (await variation?.differs?.()) ?? {};
        await variation?.beforehand?.(scripted.stage(id).root);
        const sends = (request: WireRequest): WireRequest => {
          const leaves = variation?.sends?.(request) ?? request;
          sent?.push(leaves);
          return leaves;
        };
        const tls = material === undefined ? differs.tls : { ...material.client, ...differs.tls };
        return ownTrigger(() => scripted, { ...differs, ...(tls === undefined ? {} : { tls }), sends, share: ownShare, signal })(id, journey, about);
      };
      return goes;
    },
  });
  return entries.map((entry, nth) => judged(entry, nth, entries.length, hearing));
}

/** The rows, over what was heard of these cases alone, which have their names again. */
function judged({ variation, cases, sent }: Entry, nth: number, controls: number, { heard, plays, share }: Hearing): Tried {
  const ids = new Set(cases.map(({ id }) => id));
  const journeys = kinds(cases);
  const isControl = (id: string): boolean => journeys.some((journey) => new RegExp(`^ok-${journey}-(${nth}|${controls})[ab]$`).test(id));
  const renamed = <T>(value: T): T => variation.cases.reduce((all, id) => JSON.parse(JSON.stringify(all).replaceAll(alias(id, nth), id)) as T, value);
  const part = (belongs: (id: string) => boolean): Hearing => ({
    heard: renamed(heard.filter(({ suite }) => belongs(suite))),
    plays: renamed(plays.filter((each) => ids.has(each.case))),
    share,
  });
  const own = part((id) => ids.has(id));
  const claims = variation.claims ?? ownClaims;
  const failed = verdictsOf(
    clientRows,
    part((id) => ids.has(id) || isControl(id)),
    claims,
  ).filter(({ finding }) => finding.outcome === 'fail');
  const findings = new Map(verdictsOf(clientRows, own, claims).map(({ requirement, finding }) => [requirement, finding]));
  return { variation, hearing: own, sent, findings, failed };
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
export function complaints({ variation, hearing, sent, findings, failed }: Tried): readonly string[] {
  const { open = {}, warns = {}, rows, controls, shows } = variation;
  const wrong: string[] = [];
  if (!shows({ heard: hearing.heard, sent })) wrong.push('it was not gone: its witness says no');
  const completed = hearing.plays.every(({ before, after }) => before === 'completed' && after === 'completed');
  if (completed === (controls === 'fail'))
    wrong.push(`controls: ${hearing.plays.map((each) => `${each.case} ${each.before}/${each.after}`).join(', ')}`);
  for (const { requirement: id, level, finding } of failed) {
    if (finding.outcome !== 'fail') continue;
    const warning = level === 'SHOULD' || finding.severity === 'warning';
    if (!(warning && id in warns)) wrong.push(`${id} (${level}): expected ${finding.expected}; saw ${finding.actual}`);
  }
  for (const id of [...rows, ...Object.keys(open), ...Object.keys(warns)]) {
    const wanted = id in warns ? ['fail'] : id in open ? ['not-testable', 'not-applicable'] : ['pass'];
    const finding = findings.get(id);
    const outcome = finding?.outcome;
    if (outcome === undefined || !wanted.includes(outcome))
      wrong.push(`${id}: ${outcome ?? 'no such row'}${finding && 'reason' in finding ? ` (${finding.reason})` : ''}; wanted ${wanted.join(' or ')}`);
  }
  return wrong;
}
