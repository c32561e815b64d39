import { clientRows } from '../../checks/client/index.ts';
import { asArray, asString, at, jsonOf } from '../core/fhir.ts';
import type { RawExchange } from '../core/model.ts';
import { visible } from '../core/visible.ts';

/** What one request alone shows to be wrong, in words: for developers, while they watch. */
export function remarksOn(exchange: RawExchange): readonly string[] {
  const alone = { heard: [{ ...exchange, index: 0 }], plays: [], share: 1 };
  return clientRows.flatMap((row) => {
    if (row.inOrder) return [];
    const finding = row.judge(alone);
    return finding.outcome === 'fail' ? [`${row.level} ${row.id}: expected ${finding.expected}; saw ${finding.actual}`] : [];
  });
}

/** One line a request: when, which case, what, and how it was answered; with what was wrong below it, and what the payer said. */
export function logLines(exchange: RawExchange): readonly string[] {
  const { facts, request, response, suite, step } = exchange;
  const path = request.url.replace(/^[a-z]+:\/\/[^/]*/i, '');
  const where = facts?.['heard.listener'] === 'payer' ? '' : ` at the ${facts?.['heard.listener']} host`;
  const ended = facts?.['heard.end'] === undefined ? '' : ` (${facts['heard.end']})`;
  const jwt = facts?.['heard.jwt'];
  const who = jwt === undefined ? '' : `  as ${String(at(jwt.claims, 'iss'))}${jwt.verified ? '' : ', signature not verified'}`;
  const head = `${exchange.startedAt.slice(11, 23)} ${(suite === '' ? 'no case' : suite).padEnd(10)} ${step.padEnd(14)} ${request.method} ${path.slice(0, 160)}${where} ${response?.status ?? 'no answer'}${ended}${who}`;
  const told = (response?.status ?? 0) >= 400 ? [wordsIn(exchange)].filter((each) => each !== '').map((each) => `    says: ${each}`) : [];
  return [head, ...told, ...remarksOn(exchange).map((each) => `    ✗ ${each}`)].map((line) => visible(line));
}

const wordsIn = ({ response }: RawExchange): string => {
  const json = jsonOf(response);
  const issues = asArray(at(json, 'issue')).flatMap((issue) => asString(at(issue, 'details', 'text')) ?? asString(at(issue, 'diagnostics')) ?? []);
  return [...issues, asString(at(json, 'error_description')) ?? '']
    .filter((each) => each !== '')
    .join(' ')
    .slice(0, 300);
};
