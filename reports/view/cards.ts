import { asArray, asString, at, isObject, type JsonObject, jsonOf } from '../../src/core/fhir.ts';
import type { Exchange, Json, Run } from '../../src/core/model.ts';
import { line, shown } from './text.ts';

/** CDS Hooks cards as a clinician would meet them. Markdown is shown as text and links as words: nothing of the payer's runs or loads here. */
const most = 24;
const longestDetail = 1_200;
const indicators: Readonly<Record<string, string>> = { info: 'open', warning: 'warn', critical: 'fail' };

export function cardsView(run: Run) {
  const seen = new Map<string, ReturnType<typeof cardView>>();
  let count = 0;
  for (const exchange of run.exchanges) {
    if (exchange.step !== 'cds.hook' || exchange.probe !== undefined) continue;
    const answer = jsonOf(exchange.response);
    for (const card of asArray(at(answer, 'cards')).filter(isObject)) {
      count++;
      const key = `${asString(card['summary'])} ${asString(card['detail'])?.slice(0, 200)}`;
      if (!seen.has(key) && seen.size < most) seen.set(key, cardView(card, exchange));
    }
    for (const action of asArray(at(answer, 'systemActions')).filter(isObject)) {
      count++;
      const view = actionView(action, exchange);
      if (!seen.has(view.summary + view.detail) && seen.size < most) seen.set(view.summary + view.detail, view);
    }
  }
  return { any: seen.size > 0, count, cards: [...seen.values()] };
}

function cardView(card: JsonObject, exchange: Exchange) {
  const indicator = asString(card['indicator']) ?? '';
  return {
    kind: 'card',
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

function factOf(extension: Json): readonly string[] {
  if (!isObject(extension)) return [];
  const name = asString(extension['url']);
  const [, value] = Object.entries(extension).find(([key]) => key.startsWith('value')) ?? [];
  const text = asString(value) ?? asString(at(value, 'text')) ?? asString(at(value, 'coding', 0, 'code')) ?? asString(at(value, 'reference'));
  return name === undefined || text === undefined ? [] : [`${line(name, 60)}: ${line(text, 160)}`];
}

function hookOf(exchange: Exchange): string {
  try {
    return line(asString(at(JSON.parse(exchange.request.body ?? '') as Json, 'hook')) ?? 'hook', 60);
  } catch {
    return 'hook';
  }
}
