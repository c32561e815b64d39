import type { Json } from '../core/model.ts';
import { definitionsOf, type Property, propertiesOf } from './reference.ts';

/** The same words for docs/target.md and `payer-assay explain target.PROPERTY`. Pure. */

/** One property in a line: what it may hold, whether it must be there, what it is for. */
export const lineOf = ({ path, holds, required, description }: Property): string =>
  `${path}: ${holds}${required ? ', required' : ''}. ${description}`;

/** A property and everything directly below it, one a line; undefined when there is no such property. `bulk.lists`, `udap.communities[].uri`, `auth`. */
export function explainProperty(schema: Json, path: string): string | undefined {
  const all = propertiesOf(schema);
  const plain = (text: string): string => text.replaceAll('[]', '');
  const [found] = all.filter((each) => plain(each.path) === plain(path));
  if (found === undefined) return undefined;
  const below = all.filter(({ parent }) => parent.replace(/(\[\])+$/, '') === found.path);
  return [lineOf(found), ...below.map((each) => `  ${lineOf(each)}`)].join('\n');
}

/** docs/target.md. */
export function targetPage(schema: Json): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
  const table = (properties: readonly Property[]): string =>
    `| property | holds | description |\n|---|---|---|\n${properties
      .map(({ path, holds, required, description, opens }) => {
        const what = opens === undefined ? cell(holds) : `[${opens}](#${opens.toLowerCase()})`;
        return `| \`${path}\`${required ? ' (required)' : ''} | ${what} | ${cell(description)} |`;
      })
      .join('\n')}\n`;
  const own = propertiesOf(schema).filter((each) => each.within === undefined);
  const shared = definitionsOf(schema).map(
    ([name, about, properties]) => `\n## ${name}\n\n${about}\n\n${table(properties.filter((each) => each.within === undefined))}`,
  );
  return `# Target file

Written by \`npm run docs\` from [schemas/target.schema.json](../schemas/target.schema.json); do not edit. \`payer-assay explain target.PROPERTY\` prints the same.
One JSON file describes one payer. Secrets are named, never written in it: an environment variable, or a file. \`payer-assay doctor TARGET\` checks one
without sending more than it must. \`[]\` stands for the entries of a list. The parts that several properties share follow after the table.

${table(own)}${shared.join('')}`;
}
