import { completed } from '../../checks/client/journeys.ts';
import { checks } from '../../checks/index.ts';
import { type Case, healthy, type Journey, type SceneName } from '../../mocks/client/case.ts';
import { type Scripted, startScripted } from '../../mocks/client/host.ts';
import { udapClientOf } from '../client/udap/client.ts';
import { fetchBytes } from '../client/udap/fetch-bytes.ts';
import { asObject, jsonOf, linkOf } from '../core/fhir.ts';
import { judge } from '../core/judge.ts';
import type { Evidence, Exchange, Json, Known, RawExchange, Target } from '../core/model.ts';
import { jsonEnricher } from '../enrich/json.ts';
import { udapEnricher } from '../enrich/udap.ts';
import { createValidation } from '../enrich/validation.ts';
import { ownRegistration } from './own/client.ts';
import { ownShare } from './own/embedded.ts';
import { publishKeys } from './own/keys.ts';
import { ownTrigger, restricted } from './own/trigger.ts';

/** The script must be right itself: what its payers answer is judged by the rows about payers, payload validation included, before a client is. */

/** A row about payers that an answer of ours breaks although its case is not about that. */
export interface Flaw {
  readonly case: string;
  readonly requirement: string;
  readonly words: string;
}

/** What the scripted payers do not offer, since their cases are about something else; and nobody has agreed how fast they are. */
const narrow = ({ agreement: _agreement, ...target }: Target): Target => {
  const ours = 'the script offers the hooks that its case is about';
  return {
    ...target,
    crd: { ...target.crd, exceptions: { 'order-sign': ours, 'order-dispatch': ours, 'appointment-book': ours } },
  };
};

/** Every answer of a payer to whoever asked, judged as if a payer were under test. `heard`: as recorded, with nothing masked. */
export async function flawsIn(cases: readonly Case[], heard: readonly RawExchange[], scripted: Pick<Scripted, 'knows'>): Promise<readonly Flaw[]> {
  const validation = createValidation();
  const flaws: Flaw[] = [];
  for (const about of cases) {
    const { target, secrets } = await scripted.knows(about.id);
    const enrichers = [jsonEnricher, validation.enricher, udapEnricher(udapClientOf(target, secrets)?.anchors ?? [], fetchBytes())];
    const known = { target: narrow(target), notes: {} } as Known & { capability?: Json };
    const exchanges: Exchange[] = [];
    for (const each of heard) {
      // Where a body is kept in part only, or packed, nothing can be read.
      if (each.suite !== about.id || each.facts?.['heard.listener'] !== 'payer' || (each.size?.received ?? 0) > (each.response?.body.length ?? 0) * 4)
        continue;
      if (each.step === 'metadata' && each.response?.status === 200) known.capability = jsonOf(each.response) ?? null;
      const before = exchanges.find(({ request, response }) => nextIn(response, request.url) === each.request.url);
      let enriched: Exchange = { ...each, index: exchanges.length, ...(before === undefined ? {} : { follows: before.index }) };
      for (const enricher of enrichers) {
        const { facts, issues } = await enricher(enriched, known);
        enriched = { ...enriched, facts: { ...enriched.facts, ...facts }, issues: [...(enriched.issues ?? []), ...(issues ?? [])] };
      }
      exchanges.push(enriched);
    }
    const evidence: Evidence = { exchanges, target: known.target, blocked: [] };
    for (const { requirement, finding } of judge(checks, evidence, new Date().toISOString().slice(0, 10)))
      if (finding.outcome === 'fail' && !about.breaks?.includes(requirement)) {
        const { method = '', url = '' } = asObject(exchanges[finding.exchange]?.request as unknown as Json);
        flaws.push({
          case: about.id,
          requirement,
          words: `expected ${finding.expected}; saw ${finding.actual} (${String(method)} ${String(url)})`,
        });
      }
  }
  return flaws;
}

/** The page that this answer leads to. */
function nextIn(response: Exchange['response'], from: string): string | undefined {
  const url = linkOf(jsonOf(response), 'next');
  return url !== undefined && URL.canParse(url, from) ? new URL(url, from).href : undefined;
}

/** Healthy payers of these journeys. */
const controlsOf = (journeys: readonly Journey[]): readonly Case[] => [...new Set(journeys)].map((journey) => healthy(`sound-${journey}`, journey));

/** Scenes in which our honest client asks nothing: there is no answer to be wrong. */
const asksNothing: ReadonlySet<string | undefined> = new Set<SceneName>(['self-pay', 'ended-coverage']);

/** What shows nothing about the script: controls that our own client did not complete, and cases in which it asked for nothing. */
export function unproven(controls: readonly Case[], cases: readonly Case[], heard: readonly RawExchange[]): readonly Flaw[] {
  const at = (id: string): readonly Exchange[] => heard.filter(({ suite }) => suite === id).map((each, index) => ({ ...each, index }));
  const broken = controls.filter(({ id, journey }) => !completed(journey, at(id)));
  const silent = cases.filter(({ id, scene }) => at(id).length === 0 && !asksNothing.has(scene));
  return [
    ...broken.map(({ id }) => ({ case: id, requirement: 'the control', words: 'our own client did not complete this journey' })),
    ...silent.map(({ id }) => ({ case: id, requirement: 'the case', words: 'our own client asked nothing of it' })),
  ];
}

export interface Proving {
  /** Those that will be played. */
  readonly cases: readonly Case[];
  /** Whose controls are looked at besides. */
  readonly journeys?: readonly Journey[];
  readonly signal: AbortSignal;
}

/**
 * Lets our own client meet the controls and the cases about coverage requirements, at payers of their own that no client knows, and judges the answers.
 * Throws when one of them is wrong: then the script is, and no client may be graded by it.
 */
export async function proveSound({ cases, journeys = [], signal }: Proving): Promise<void> {
  const controls = controlsOf([...journeys, ...cases.map(({ journey }) => journey)]);
  // Of the faulty ones those whose answers a client stores or shows.
  const faulty = cases.filter(({ journey }) => journey === 'crd');
  const chosen = [...controls, ...faulty];
  const clients = ownRegistration();
  const keys = await publishKeys({ keys: clients.get('assay')?.jwks.keys ?? [] });
  const scripted = await startScripted({ cases: chosen, clients, share: ownShare, restricted, keysAt: keys.url });
  try {
    const trigger = ownTrigger(() => scripted, { share: ownShare, signal });
    await Promise.all(chosen.map((each) => trigger(each.id, each.journey, each)));
    if (signal.aborted) return;
    const flaws = [...unproven(controls, faulty, scripted.heard), ...(await flawsIn(chosen, scripted.heard, scripted))];
    const [first] = flaws;
    if (first !== undefined)
      throw new Error(
        `The script is wrong, not the client: in case ${first.case} our own payer breaks ${first.requirement}: ${first.words}${flaws.length > 1 ? `, and ${flaws.length - 1} more` : ''}. ` +
          'Nothing was asked of the client. This is a defect of payer-assay: please report it.',
      );
  } finally {
    await scripted.close();
    keys.close();
  }
}
