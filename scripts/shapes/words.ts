import { checks } from '../../checks/index.ts';
import type { Shape } from '../../mocks/shapes/index.ts';
import type { Tried } from './bench.ts';
import type { Alarm } from './known.ts';

const level = new Map<string, string>(checks.map((check) => [check.id, check.level]));

/** Alarms for a person, by requirement and shape, and what was not testable in each shape and why. */
export function report(alarms: readonly Alarm[], tried: readonly Tried[], shapes: readonly Shape[]): string {
  const honest = alarms.filter((each) => each.fault === undefined);
  const injected = alarms.filter((each) => each.fault !== undefined);
  const ids = [...new Set(honest.map((each) => each.requirement))].sort();
  const lines = [
    '# Alarms of the shapes',
    '',
    `${tried.length} shapes. A shape is a legal payer (mocks/shapes/); try one with \`node scripts/shapes.ts ID --each 0\`, see what it is in its file.`,
    '',
    `## Honest payers accused: ${honest.length} findings of ${ids.length} requirements`,
    '',
    ...ids.flatMap((id) => {
      const own = honest.filter((each) => each.requirement === id);
      return [`### ${id} (${level.get(id)})`, ...own.map((each) => `- ${each.shape}: ${each.words.slice(0, 300)}`), ''];
    }),
    `## Faults that pass: ${injected.length}`,
    '',
    ...injected.map((each) => `- ${each.fault} in ${each.shape}: ${each.words.slice(0, 300)}`),
    '',
    '## Why rows are not testable, by shape',
    '',
    ...tried.flatMap(({ shape, found, blocked }) => {
      const { title = '' } = shapes.find(({ id }) => id === shape) ?? {};
      const why = new Map<string, string[]>();
      for (const { requirement, finding } of found)
        if (finding.outcome === 'not-testable')
          why.set(`[${finding.because}] ${finding.reason}`, [...(why.get(`[${finding.because}] ${finding.reason}`) ?? []), requirement]);
      const count = (outcome: string) => found.filter(({ finding }) => finding.outcome === outcome).length;
      return [
        `### ${shape}: ${title}`,
        `pass ${count('pass')}, fail ${count('fail')}, not testable ${count('not-testable')}, not applicable ${count('not-applicable')}`,
        ...blocked.map((each) => `- blocked: ${each.suite} [${each.because}] ${each.reason.slice(0, 200)}`),
        ...[...why].map(
          ([reason, rows]) => `- ${rows.length} x ${reason.slice(0, 300)}: ${rows.slice(0, 4).join(', ')}${rows.length > 4 ? ', ...' : ''}`,
        ),
        '',
      ];
    }),
  ];
  return `${lines.join('\n')}\n`;
}
