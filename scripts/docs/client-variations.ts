import { clientVariations, notGone } from '../../src/client-side/own/variations/index.ts';
import { cell } from './cell.ts';

const reasons = (what: Readonly<Record<string, string>> | undefined): string =>
  Object.entries(what ?? {})
    .map(([row, why]) => `\`${row}\`: ${cell(why)}`)
    .join('; ');

/** The other legal ways of a client, the rows that each leaves without a verdict, and the parts that are not gone. */
export function clientVariationPage(head: (title: string, about: string) => string): string {
  const lines = clientVariations.map(
    ({ ids, text, cases, rows, open, warns }) =>
      `| ${ids.join(', ')} | ${cell(text)} | ${cases.join(', ')} | ${rows.map((row) => `\`${row}\``).join(', ')} | ${reasons(open)} | ${reasons(warns)} |`,
  );
  const parts = notGone.map(({ id, part, reason }) => `| ${id} | ${cell(part)} | ${cell(reason)} |`);
  const ids = new Set(clientVariations.flatMap((each) => each.ids));
  return `${head(
    'Legal variations of a client',
    `${ids.size} ways in which a client may differ, in ${clientVariations.length} journeys of our own client. Each is seen on the wire, and no row may fail: the rows that it is about pass, unless they stand under "no verdict" or "warns".\n\`node scripts/client-variations.ts [ID ...]\` goes them one by one, each with controls of its own.`,
  )}\n| variation | a client that ... | cases | rows | no verdict | warns |\n|---|---|---|---|---|---|\n${lines.join('\n')}\n\n## Parts that our own client does not go\n\n| variation | part | why |\n|---|---|---|\n${parts.join('\n')}\n`;
}
