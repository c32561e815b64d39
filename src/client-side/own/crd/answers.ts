import { randomUUID } from 'node:crypto';
import { rawCall } from '../../../client/requests/crd/hooks.ts';
import { asArray, asObject, asString, at, type JsonObject } from '../../../core/fhir.ts';
import type { Json } from '../../../core/model.ts';
import { isHttpUrl } from '../../../core/url.ts';
import type { Answer } from './calls.ts';
import { keep, type Practice } from './practice.ts';
import { isMinimal, wordsOf } from './rules.ts';

/** What the person does with cards: `cards` accepts the first, overrides the second, ignores the rest. */
export type Doing = 'reads' | 'cards' | 'accepts' | 'opens';

const known = ['cards', 'systemActions', 'extension'];

/** Reads an answer: coverage information is stored and shown, cards are shown, and done with what the person wants. */
export async function read(practice: Practice, place: string, { payer, service, reply }: Answer, doing: Doing): Promise<void> {
  const { own } = practice;
  const { decide } = own;
  if (reply.status !== 200) {
    if (decide.showsFailure()) own.shown.push(`Coverage requirements are not available (${reply.status}). Order all the same, and call the plan.`);
    return;
  }
  if (!decide.readsUnknown() && Object.keys(asObject(reply.json)).some((name) => !known.includes(name))) return;
  for (const action of asArray(at(reply.json, 'systemActions'))) {
    const resource = asObject(at(action, 'resource'));
    if (at(action, 'type') !== 'update' || (!decide.readsMinimal() && isMinimal(resource))) continue;
    keep(practice, resource);
    for (const words of wordsOf(resource)) {
      const text = decide.showsInformation(words);
      if (text !== undefined) own.shown.push(`Coverage: ${text}`);
    }
    if (doing === 'opens') await startDtr(practice, payer.base, resource);
  }
  const cards = asArray(at(reply.json, 'cards'));
  const lines = cards.flatMap((card) => {
    const instructions =
      at(card, 'source', 'topic', 'code') === 'therapy-alternatives-opt' || (at(card, 'links') === undefined && at(card, 'detail') !== undefined);
    return instructions && !decide.showsInstructions()
      ? []
      : [decide.shows(`${asString(at(card, 'summary')) ?? ''} ${asString(at(card, 'detail')) ?? ''}`.trim())];
  });
  practice.cards.set(place, decide.shownCards(lines, practice.cards.get(place) ?? []));
  if (doing === 'opens') for (const card of cards) await open(practice, card);
  if (doing === 'cards' || doing === 'accepts') await answerCards(practice, `${payer.base}`, service, cards, doing);
}

async function answerCards(practice: Practice, base: string, service: string, cards: readonly Json[], doing: Doing): Promise<void> {
  const { own } = practice;
  const { decide } = own;
  for (const [nth, card] of cards.entries()) {
    const suggestion = decide.accepts(asString(at(card, 'selectionBehavior'))) ? asArray(at(card, 'suggestions'))[0] : undefined;
    const accepted = suggestion !== undefined && (doing === 'accepts' || nth === 0);
    if (!accepted && (doing === 'accepts' || nth > 1)) continue;
    if (accepted) create(practice, asArray(at(suggestion, 'actions')));
    if (!decide.feedback()) continue;
    const outcome = decide.feedbackOutcome(accepted ? 'accepted' : 'overridden');
    const said = {
      card: asString(at(card, 'uuid')) ?? '',
      outcome,
      ...(accepted ? { acceptedSuggestions: [{ id: asString(at(suggestion, 'uuid')) ?? '' }] } : {}),
      outcomeTimestamp: new Date().toISOString(),
    };
    const url = `${service}/feedback`;
    await own.provider.ask('cds.feedback', rawCall(base, url, JSON.stringify({ feedback: [said] }), decide.hookJwt(`${base}/cds-services/${url}`)));
  }
}

/** New orders get ids of ours, and what refers to the payer's ids follows. */
function create({ own, orders }: Practice, actions: readonly Json[]): void {
  const made = actions.filter((each) => at(each, 'type') === 'create').map((each) => asObject(at(each, 'resource')));
  const ids = new Map(
    made.map((each) => [`${String(each['resourceType'])}/${String(each['id'])}`, `${String(each['resourceType'])}/${randomUUID()}`]),
  );
  for (const each of made) {
    const path = ids.get(`${String(each['resourceType'])}/${String(each['id'])}`) ?? '';
    const linked = (own.decide.relinks() ? relinked(each, ids) : each) as JsonObject;
    orders.set(path, { ...linked, id: path.split('/')[1] ?? '' });
  }
}
const relinked = (value: Json, ids: ReadonlyMap<string, string>): Json => {
  if (typeof value === 'string') return ids.get(value) ?? value;
  if (Array.isArray(value)) return value.map((each: Json) => relinked(each, ids));
  return value !== null && typeof value === 'object'
    ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, relinked(each, ids)]))
    : value;
};

/** Opens the links of a card: documents as they are, apps as SMART apps are launched. */
async function open({ own, ehr }: Practice, card: Json): Promise<void> {
  for (const link of asArray(at(card, 'links'))) {
    const url = asString(at(link, 'url'));
    if (!isHttpUrl(url) || !own.decide.opensLinks()) continue;
    const to = at(link, 'type') === 'smart' ? own.decide.launches(url, ehr.base, randomUUID()) : url;
    await own.provider.ask('app-link', { method: 'GET', url: to, headers: { accept: 'text/html' } });
  }
}

/** The documentation that the plan needs, by DTR. Source: http://hl7.org/fhir/us/davinci-dtr/ */
async function startDtr({ own }: Practice, cdsBase: string, order: JsonObject): Promise<void> {
  const parts = asArray(order['extension']).flatMap((each) => asArray(at(each, 'extension')));
  const questionnaire = parts.find((each) => at(each, 'url') === 'questionnaire');
  if (questionnaire === undefined) return;
  own.shown.push(`DTR: ${own.decide.startsDtr() ? 'yes' : 'no'}`);
  if (!own.decide.startsDtr()) return;
  const url = `${cdsBase.replace(/\/cds$/, '')}/fhir/Questionnaire/$questionnaire-package`;
  const body = JSON.stringify({
    resourceType: 'Parameters',
    parameter: [{ name: 'questionnaire', valueCanonical: at(questionnaire, 'valueCanonical') ?? '' }],
  });
  await own.provider.ask('operation', { method: 'POST', url, headers: { 'content-type': 'application/fhir+json' }, body });
}
