import type { Exchange, WireResponse } from '../../src/core/model.ts';
import { curlOf, neededFor } from './curl.ts';
import { bytes, count, duration, instant, line, plural, shown } from './text.ts';

/** One exchange as the page shows it: text only, cut, ready to be put into text nodes. */
export interface ExchangeView {
  readonly index: number;
  /** `GET /Patient/1 -> 200 in 12 ms`. */
  readonly title: string;
  readonly tags: readonly string[];
  readonly request: string;
  readonly response: string;
  readonly curl: string;
  /** What was measured or noticed about it. */
  readonly notes: readonly string[];
}

/** Characters of one body, and of all bodies of the page: a report must open at once, and run.json has the rest. */
const proofBody = 12_000;
const otherBody = 1_000;
const pageBudget = 1_800_000;

/** All exchanges of a run. Those that prove something (`proofs`) keep more of their bodies; beyond the page's budget bodies are left out, and said so. */
export function exchangeViews(exchanges: readonly Exchange[], proofs: ReadonlySet<number>): readonly ExchangeView[] {
  let left = pageBudget;
  const share = (exchange: Exchange): number => {
    const most = Math.min(proofs.has(exchange.index) ? proofBody : otherBody, Math.max(0, left));
    left -= Math.min(most, exchange.request.body?.length ?? 0) + Math.min(most, exchange.response?.body.length ?? 0) + 800;
    return most;
  };
  const sizes = new Map<number, number>();
  for (const exchange of exchanges) if (proofs.has(exchange.index)) sizes.set(exchange.index, share(exchange));
  for (const exchange of exchanges) if (!proofs.has(exchange.index)) sizes.set(exchange.index, share(exchange));
  return exchanges.map((exchange) => exchangeView(exchange, sizes.get(exchange.index) ?? 0));
}

export function exchangeView(exchange: Exchange, most = proofBody): ExchangeView {
  const { request, index } = exchange;
  return {
    index,
    title: titleOf(exchange),
    tags: [exchange.step, ...(exchange.probe ? [`deliberately wrong: ${exchange.probe}`] : []), exchange.variant, exchange.member].flatMap((each) =>
      each === undefined ? [] : [line(each, 80)],
    ),
    request: `${request.method} ${line(request.url, 2000)}\n${headersOf(request.headers)}${bodyOf(request.body ?? '', index, most)}`,
    response: exchange.response
      ? answerOf(exchange.response, index, most)
      : `No answer: ${line(exchange.error?.message ?? 'nothing was recorded', 600)}`,
    curl: shown(curlOf(request), 4000),
    notes: [...notesOf(exchange), neededFor(curlOf(request))].filter((note) => note !== ''),
  };
}

/** The request line and what came of it. */
export function titleOf({ request, response, error, timing }: Exchange): string {
  const outcome = response ? String(response.status) : `no answer (${error?.code ?? 'unknown'})`;
  return `${request.method} ${line(pathOf(request.url), 160)} → ${outcome} in ${duration(timing.total)}`;
}

const pathOf = (url: string): string => url.replace(/^[a-z+.-]+:\/\/[^/?#]+/i, '') || '/';

const answerOf = (response: WireResponse, index: number, most: number): string =>
  `${response.status}\n${headersOf(response.headers)}${bodyOf(response.body, index, most)}`;

const headersOf = (headers: Readonly<Record<string, string>>): string => {
  const all = Object.entries(headers);
  const rest = all.length > 40 ? `\n(${plural(all.length - 40, 'more header')} in run.json)` : '';
  return (
    all
      .slice(0, 40)
      .map(([name, value]) => `${line(name, 80)}: ${line(value, 500)}`)
      .join('\n') + rest
  );
};

function bodyOf(body: string, index: number, most: number): string {
  if (body === '') return '';
  if (most < 200) return `\n\n(body of ${count(body.length)} characters left out of this page: see exchange ${index} in run.json)`;
  return `\n\n${shown(pretty(body, most), most)}`;
}

/** JSON is indented when it is small enough to be read that way. */
function pretty(body: string, most: number): string {
  if (body.length > most || !/^\s*[[{]/.test(body)) return body;
  try {
    return JSON.stringify(JSON.parse(body), null, 1);
  } catch {
    return body;
  }
}

function notesOf(exchange: Exchange): readonly string[] {
  const { timing, size, issues = [], facts = {} } = exchange;
  const phases = [
    ['DNS', timing.dns],
    ['connect', timing.connect],
    ['TLS', timing.tls],
    ['first byte', timing.firstByte],
  ] as const;
  const measured = phases.flatMap(([name, ms]) => (ms === undefined || ms === 0 ? [] : [`${name} ${duration(ms)}`]));
  return [
    `${instant(exchange.startedAt)}, suite ${line(exchange.suite, 60)}`,
    [`total ${duration(timing.total)}`, ...measured].join(', '),
    `sent ${bytes(size.sent)}, received ${bytes(size.received)}${size.decoded === size.received ? '' : ` (${bytes(size.decoded)} decoded)`}`,
    ...Object.entries(facts)
      .slice(0, 12)
      .map(([name, value]) => `${line(name, 60)}: ${line(JSON.stringify(value), 160)}`),
    ...issues.slice(0, 8).map((issue) => `${issue.severity} at ${line(issue.expression, 120)}: ${line(issue.text, 240)} (tier ${issue.tier})`),
    ...(issues.length > 8 ? [`${plural(issues.length - 8, 'more issue')} in run.json`] : []),
  ];
}
