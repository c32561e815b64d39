import type { ClientRow } from '../../../src/core/client-row.ts';
import { check, fail, notTestable, pass } from '../../../src/core/findings.ts';
import { guides } from '../../../src/core/guides.ts';
import type { Hearing } from '../../../src/core/heard.ts';
import type { Finding } from '../../../src/core/model.ts';
import { isHttpUrl } from '../../../src/core/url.ts';
import { crd, publication } from '../../sources.ts';
import { answeredHook, shared } from './lib.ts';

/** What only the people who made a system can say. They are asked in case A; a line `name: answer` is the answer. */

/** The questions, by the name of the answer: for run sheets and for triggers. */
export const questions: Readonly<Record<string, string>> = {
  'in-workflow': 'Is the order entered in the ordering of the system itself, not on a page of the payer? (yes or no)',
  'must-support-shown': 'Is every must-support element that the system holds sent, or readable at its FHIR server? (yes or no)',
  'inherited-security': 'Does the system meet the security rules of HRex and US Core that CRD inherits? (yes or no)',
  'api-docs': 'Where is the documentation of its interface? (a URL)',
  'discovery-interval': 'How often is the list of services of a payer read? (hours, e.g. 24 h)',
  log: 'What is the SHA-256 of an answer to a hook, as the log of the system has it? (16 digits in hexadecimal or more)',
};

const answer = ({ plays }: Hearing, name: string): string | undefined =>
  plays
    .filter((each) => each.case === 'A')
    .flatMap(({ shown = [] }) => shown)
    .flatMap((line) => (line.startsWith(`${name}: `) ? line.slice(name.length + 2).trim() : []))[0];

/** Judges an answer; without one, or where it cannot be read (undefined), there is no verdict. */
const stated =
  (name: string, holds: (text: string) => boolean | undefined, wanted: string) =>
  (hearing: Hearing): Finding => {
    const said = answer(hearing, name);
    const [any] = hearing.heard.filter(({ suite }) => suite === 'A');
    if (said === undefined) return notTestable(`Nobody answered: ${questions[name]}`, 'test-data');
    const right = holds(said);
    if (right === undefined) return notTestable(`The answer "${said}" was not understood: ${questions[name]}`, 'test-data');
    if (right) return pass;
    return any === undefined
      ? notTestable(`The answer was "${said}", but no request of case A can show whose it is.`, 'set-up')
      : fail(any, wanted, `the answer "${said}"`);
  };
const yes = (text: string): boolean | undefined => (/^yes\b/i.test(text) ? true : /^no\b/i.test(text) ? false : undefined);
const minutes = { min: 1, h: 60, d: 24 * 60 } as const;
/** At most a day? A number without a unit is hours. */
function daily(text: string): boolean | undefined {
  const [, number, unit = 'h'] = /^(\d+(?:\.\d+)?)\s*(min|h|d)?[a-z]*$/i.exec(text) ?? [];
  return number === undefined ? undefined : Number(number) * (minutes[unit.toLowerCase() as keyof typeof minutes] ?? 60) <= minutes.d;
}
const certified = publication('45 CFR 170.315', '2025', 'https://www.federalregister.gov/d/2025-14681/');

export const statementRows: readonly ClientRow[] = [
  {
    id: 'client.crd.in-workflow',
    text: 'Hooks are called where orders are entered, in the workflow of the person.',
    source: crd('hooks.html', 'hook-7, hook-8'),
    ...shared,
    holds: [{ ig: guides.crd, from: '2.2.1' }],
    cases: ['A'],
    judge: stated('in-workflow', yes, 'orders are entered in the system itself'),
    faults: [{ name: 'has orders typed into a page of the payer', behaves: 'orders-at-the-payer' }],
  },
  {
    id: 'client.crd.must-support-shown',
    text: 'Every must-support element that the client holds is sent or readable.',
    source: crd('conformance.html', 'conf-3, conf-6'),
    ...shared,
    cases: ['A'],
    judge: stated('must-support-shown', yes, 'must-support elements are sent or readable'),
    faults: [{ name: 'keeps elements back', behaves: 'keeps-elements-back' }],
  },
  {
    id: 'client.crd.inherited-security',
    text: 'The security rules that CRD inherits are met.',
    source: crd('security.html', 'sec-1'),
    ...shared,
    lines: ['L3'],
    cases: ['A'],
    judge: stated('inherited-security', yes, 'the inherited rules are met'),
    faults: [{ name: 'does not meet the inherited security rules', behaves: 'skips-inherited-security' }],
  },
  {
    id: 'client.crd.api-docs',
    text: 'The documentation of the interface is public.',
    source: certified('p-6069', '(g)(31) documentation'),
    ...shared,
    lines: ['L1'],
    cases: ['A'],
    judge: stated('api-docs', (text) => isHttpUrl(text) || (/^(no|none)\b/i.test(text) ? false : undefined), 'the address of the documentation'),
    faults: [{ name: 'has no public documentation', behaves: 'has-no-documentation' }],
  },
  {
    id: 'client.discovery.crd-daily',
    text: 'The list of services is read once a day at least.',
    source: crd('foundation.html', 'found-16'),
    ...shared,
    lines: ['L1'],
    level: 'SHOULD',
    holds: [{ ig: guides.crd, from: '2.2.1' }],
    cases: ['A'],
    judge: stated('discovery-interval', daily, 'every 24 h at least'),
    faults: [{ name: 'reads the list of services once a week', behaves: 'discovers-weekly' }],
  },
  {
    id: 'client.crd.logs',
    text: 'The log of a hook call can be found again.',
    source: crd('foundation.html#additional-considerations', 'found-37'),
    ...shared,
    lines: ['L7'],
    cases: ['A'],
    judge: ({ plays, heard }) => {
      const lines = plays.filter((each) => each.case === 'A').flatMap(({ shown = [] }) => shown.filter((line) => /^log:? /.test(line)));
      const answers = heard.filter((each) => each.suite === 'A' && answeredHook(each));
      const [first] = answers;
      if (first === undefined || lines.length === 0) return notTestable(`Nobody answered: ${questions['log']}`, 'test-data');
      const hashes = answers.flatMap((each) => each.facts?.['heard.hash'] ?? []);
      return check(
        lines.some((line) => hashes.some((hash) => line.toLowerCase().includes(hash))),
        first,
        `the hash of an answer of case A (${hashes.join(', ')})`,
        lines.join(' / ').slice(0, 200),
      );
    },
    faults: [{ name: 'keeps no log of its calls', behaves: 'keeps-no-log' }],
  },
];
