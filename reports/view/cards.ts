import { asArray, asString, at, isObject, type JsonObject, jsonOf } from '../../src/core/fhir.ts';
import type { Exchange, Json, Run } from '../../src/core/model.ts';
import { line, plural, shown } from './text.ts';
import { marks } from './words.ts';

/** CDS Hooks cards as a clinician would meet them. Markdown is shown as text and links as words: nothing of the payer's runs or loads here. */
const most = 24;
const longestDetail = 1_200;
const indicators: Readonly<Record<string, string>> = { info: 'open', warning: 'warn', critical: 'fail' };

/** The six kinds of answer that the use case names. */
const kinds = ['card', 'text', 'message', 'FHIR resource', 'Binary', 'record location'] as const;
type Kind = (typeof kinds)[number];
const shownFirst = 9;

export function cardsView(run: Run) {
  const seen = new Map<string, ReturnType<typeof cardView>>();
  const counts = new Map<Kind, number>();
  let count = 0;
  for (const exchange of run.exchanges) {
    if (exchange.step !== 'cds.hook' || exchange.probe !== undefined) continue;
    const answer = jsonOf(exchange.response);
    const cards = asArray(at(answer, 'cards')).filter(isObject);
    const actions = asArray(at(answer, 'systemActions')).filter(isObject);
    for (const view of [...cards.map((card) => cardView(card, exchange)), ...actions.map((action) => actionView(action, exchange))]) {
      count++;
      for (const kind of view.kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
      const key = `${view.kind} ${sameApart(view.summary)} ${sameApart(view.detail.replace(volatile, ''))}`;
      if (!seen.has(key)) seen.set(key, view);
    }
  }
  const all = [...seen.values()].slice(0, most);
  return {
    any: seen.size > 0,
    count: plural(count, 'card or action', 'cards and actions'),
    kinds: kinds.map((name) => ({ name, seen: plural(counts.get(name) ?? 0, 'time'), ...(counts.has(name) ? marks.pass : marks['not-applicable']) })),
    first: all.slice(0, shownFirst),
    rest: all.slice(shownFirst),
    left: Math.max(0, seen.size - most),
  };
}

/** What differs between two calls about the same thing. */
const volatile = /^(date|coverage-assertion-id|satisfied-pa-id|expiry-date): .*$/gm;

/** Words without what only tells one from the other: ids, whatever they are called. */
const sameApart = (text: string): string =>
  text.replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, '#').replace(/\b(?=[\w-]*\d)[\w-]{6,}\b|\b\d+\b/g, '#');

/** What kinds of answer a card is: it may be several at once. */
function kindsOf(card: JsonObject): readonly Kind[] {
  const links = asArray(card['links']);
  const changes = asArray(card['suggestions']).flatMap((each) => asArray(at(each, 'actions')));
  const isBinary = (value: Json | undefined) => /\/Binary\/|^Binary$/.test(asString(value) ?? '');
  return [
    'card',
    ...(asString(card['detail']) ? (['text'] as const) : []),
    ...(changes.length > 0 ? (['FHIR resource'] as const) : []),
    ...(links.some((link) => isBinary(at(link, 'url'))) || changes.some((each) => isBinary(at(each, 'resource', 'resourceType')))
      ? (['Binary'] as const)
      : []),
    ...(links.length > 0 ? (['record location'] as const) : []),
  ];
}

function cardView(card: JsonObject, exchange: Exchange) {
  const indicator = asString(card['indicator']) ?? '';
  return {
    kind: 'card',
    kinds: kindsOf(card),
    hook: hookOf(exchange),
    exchange: exchange.index,
    indicator: line(indicator || 'no indicator', 30),
    style: indicators[indicator] ?? 'fail',
    summary: line(asString(card['summary']) ?? '(no summary)', 240),
    detail: shown(asString(card['detail']) ?? '', longestDetail),
    source: line(asString(at(card, 'source', 'label')) ?? '(no source)', 120),
    suggestions: asArray(card['suggestions'])
      .slice(0, 6)
      .map((each) => line(asString(at(each, 'label')) ?? '(no label)', 160)),
    links: asArray(card['links'])
      .slice(0, 8)
      .map((link) => ({
        type: line(asString(at(link, 'type')) ?? '?', 20),
        label: line(asString(at(link, 'label')) ?? '(no label)', 120),
        url: line(asString(at(link, 'url')) ?? '', 240),
      })),
  };
}

/** A system action changes the order without asking: the clinician sees the coverage information it puts there. */
function actionView(action: JsonObject, exchange: Exchange): ReturnType<typeof cardView> {
  const facts = asArray(at(action, 'resource', 'extension'))
    .filter((extension) => (asString(at(extension, 'url')) ?? '').endsWith('ext-coverage-information'))
    .flatMap((extension) => asArray(at(extension, 'extension')))
    .flatMap(factOf);
  return {
    kind: 'system action',
    kinds: facts.length > 0 ? ['message', 'FHIR resource'] : ['FHIR resource'],
    hook: hookOf(exchange),
    exchange: exchange.index,
    indicator: line(asString(action['type']) ?? 'no type', 30),
    style: 'pass',
    summary: line(asString(action['description']) ?? '(no description)', 240),
    detail: shown(facts.join('\n'), longestDetail),
    source: line(asString(at(action, 'resource', 'resourceType')) ?? '', 60),
    suggestions: [],
    links: [],
  };
}

/** Every part of the coverage information, known to us or not: older editions and own parts have other names and kinds of values. */
function factOf(extension: Json): readonly string[] {
  if (!isObject(extension)) return [];
  const name = asString(extension['url'])?.split('/').at(-1);
  if (name === undefined) return [];
  const [, value] = Object.entries(extension).find(([key]) => key.startsWith('value')) ?? [];
  if (value === undefined) return asArray(extension['extension']).flatMap((part) => factOf(part).map((said) => `${line(name, 60)}, ${said}`));
  const text =
    asString(value) ??
    asString(at(value, 'text')) ??
    asString(at(value, 'coding', 0, 'code')) ??
    asString(at(value, 'reference')) ??
    JSON.stringify(value);
  return [`${line(name, 60)}: ${line(text, 160)}`];
}

function hookOf(exchange: Exchange): string {
  try {
    return line(asString(at(JSON.parse(exchange.request.body ?? '') as Json, 'hook')) ?? 'hook', 60);
  } catch {
    return 'hook';
  }
}
