import { readFileSync } from 'node:fs';
import { cell } from './cell.ts';

interface Adjudicated {
  readonly outcome: string;
  readonly because?: string;
}

/** Clients of others, with their lists of verdicts below test/. */
const clients = [
  { name: 'fhir-kit-client', from: 'npm', list: 'client-side/peers/fhir-kit-client.json' },
  { name: 'fhirclient', from: 'npm', list: 'client-side/peers/fhirclient.json' },
  { name: "HAPI's generic client", from: 'Maven', list: 'peers/client-hapi.json' },
  { name: 'fhirpy', from: 'PyPI', list: 'peers/client-fhirpy.json' },
  { name: 'fhirclient', from: 'PyPI', list: 'peers/client-fhirclient.json' },
  { name: 'smart-fetch, by hand', from: 'PyPI', list: 'peers/client-smart-fetch.json' },
] as const;

/** What foreign clients are said to do wrong, each with the reason why that is right. */
export function clientPeerPage(head: (title: string, about: string) => string): string {
  const read = clients.map((each) => ({
    ...each,
    verdicts: Object.entries(
      JSON.parse(readFileSync(new URL(`../../test/${each.list}`, import.meta.url), 'utf8')) as Readonly<Record<string, Adjudicated>>,
    ),
  }));
  const counts = read.map(({ name, from, list, verdicts }) => {
    const count = (outcome: string): number => verdicts.filter(([, each]) => each.outcome === outcome).length;
    return `| [${name}](../test/${list}) | ${from} | ${count('pass')} | ${count('fail')} | ${count('not-testable') + count('not-applicable')} |`;
  });
  const reasons = read.flatMap(({ name, from, verdicts }) =>
    verdicts.flatMap(([row, { outcome, because = '' }]) => (outcome === 'fail' ? [`| ${name} (${from}) | \`${row}\` | ${cell(because)} |`] : [])),
  );
  return `${head(
    'Foreign clients, graded',
    'FHIR clients that were not written for this tool, in CI: each fetches the patient and pages of results at payers that misbehave. A verdict that drifts fails the tests.\nWhat a client never does (matching, exports, hooks, a screen) has no verdict.',
  )}\n| client | registry | passed | failed or warned | no verdict |\n|---|---|---|---|---|\n${counts.join('\n')}\n\n| client | row | why it is so |\n|---|---|---|\n${reasons.join('\n')}\n`;
}
