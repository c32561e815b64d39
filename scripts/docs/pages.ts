import { readFileSync } from 'node:fs';
import { checks, excluded } from '../../checks/index.ts';
import { faults, type Injection, legalVariations } from '../../checks/injections.ts';
import type { Check, Excluded, Json, Source } from '../../src/core/model.ts';
import { targetPage } from '../../src/target/explain.ts';
import { cell } from './cell.ts';
import { clientPeerPage } from './client-peers.ts';
import { clientVariationPage } from './client-variations.ts';
import { editionsPage } from './editions.ts';
import { fieldPage } from './field.ts';
import { libraryPage } from './library.ts';
import { structurePage } from './structure.ts';

/** The catalogue and the target file as pages to read; a test compares the committed pages with these. */

const families: Readonly<Record<string, string>> = {
  cc1: 'Finding the payer: directory, Endpoints, well-known file',
  cc2: 'Proving who asks: TLS, SMART Backend Services, the payer as resource server',
  'cc2.udap': 'Trust communities: UDAP registration and tokens',
  cc3: 'What the payer speaks: metadata, versions, formats',
  id: 'Finding the member, and who may see whom',
  rest: 'Reading and searching',
  err: 'Errors that help',
  mode: 'Synchronous or asynchronous',
  time: 'Times agreed',
  sec: 'Sections of the record',
  doc: 'Documents',
  record: 'The whole record',
  gaps: 'Gaps in care',
  crd: 'Coverage requirements discovery (CDS Hooks)',
  app: 'SMART apps, launched in a browser',
  bulk: 'Bulk export',
  atr: 'Attributed members',
  pa: 'Provider access',
  claims: 'Claims',
  payload: 'Payload validation',
};

const familyOf = (id: string): string => {
  const [first = id] = id.split('.');
  return id.startsWith('cc2.udap.') ? 'cc2.udap' : first;
};

const steps = ({ fault }: Injection): string => [fault.at].flat().join(', ');
const how = ({ fault }: Injection): string => {
  const parts = [
    fault.alter ? 'answer changed' : '',
    fault.behaviour === undefined ? '' : `behaviour \`${fault.behaviour}\``,
    fault.delayMs === undefined ? '' : 'answer held back',
    fault.target ? `target file: ${Object.keys(fault.target).join(', ')}` : '',
  ];
  return parts.filter((part) => part !== '').join('; ');
};

const cited = ({ ig, version, url, section }: Source): string => {
  const name = cell(`${ig}${version === '' ? '' : ` ${version}`}`);
  return url === '' ? `${name}, ${cell(section)}` : `[${name}](${url.split(' ')[0]})`;
};

const head = (title: string, about: string): string => `# ${title}\n\nWritten by \`npm run docs\` from the catalogue; do not edit.\n${about}\n`;

function groups<T extends { readonly id: string }>(rows: readonly T[]): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const row of rows) found.set(familyOf(row.id), [...(found.get(familyOf(row.id)) ?? []), row]);
  return found;
}

const isCheck = (row: Check | Excluded): row is Check => 'judge' in row;

function requirements(): string {
  const count = (level: string): number => checks.filter((check) => check.level === level).length;
  const parts = [...groups<Check | Excluded>([...checks, ...excluded])].map(([family, rows]) => {
    const lines = rows.map((row) =>
      isCheck(row)
        ? `| \`${row.id}\` | ${row.level} | ${row.scenarios.join(' ')} | ${row.lines.join(' ')} | ${cell(row.text)} | ${cited(row.source)} | ${row.faults.length} |`
        : `| \`${row.id}\` | ${row.level} | | | ${cell(row.text)} | *not judged:* ${cell(row.reason)} | |`,
    );
    return `\n## ${family}: ${families[family] ?? family}\n\n| id | level | scenarios | lines | requirement | source | faults |\n|---|---|---|---|---|---|---|\n${lines.join('\n')}\n`;
  });
  const levels = ['SHALL', 'SHOULD', 'MAY', 'FAST'].map((level) => `${count(level)} ${level}`).join(', ');
  return `${head(
    'Requirements',
    `${checks.length} are judged (${levels}), each proven to be able to fail by at least one fault; ${excluded.length} cannot be seen on the wire and say why.\nFAST is what the use case itself asks for. Scenarios S1 to S6 and lines L1 to L7 are the axes of the scorecard.`,
  )}${parts.join('')}`;
}

function faultPage(): string {
  const parts = [...groups(faults)].map(([family, rows]) => {
    const lines = rows.map((injection) => {
      const also = Object.entries(injection.fault.alsoFails ?? {}).map(([id, why]) => `\`${id}\`: ${cell(why)}`);
      return `| \`${injection.id}\` | ${steps(injection)} | ${how(injection)} | ${also.join('; ')} |`;
    });
    return `\n## ${family}\n\n| fault | where | how | also fails, by nature |\n|---|---|---|---|\n${lines.join('\n')}\n`;
  });
  return `${head(
    'Faults',
    `${faults.length} defects, each injected on the wire by \`npm run faults\`: exactly the requirement before the \`/\` must turn to fail.\nInject one yourself: \`payer-assay mock --fault ID\`.`,
  )}${parts.join('')}`;
}

function variationPage(): string {
  const lines = legalVariations.map(
    (injection) => `| \`${injection.id}\` | ${cell(injection.fault.name)} | ${steps(injection)} | ${how(injection)} |`,
  );
  return `${head(
    'Legal variations',
    `${legalVariations.length} ways in which an honest payer may differ. No verdict may turn to fail under one; \`npm run faults -- variation/\` tries them all.`,
  )}\n| id | an honest payer that ... | where | how |\n|---|---|---|---|\n${lines.join('\n')}\n`;
}

/** Text by file name, below docs/. */
export const pages = (): Readonly<Record<string, string>> => ({
  'requirements.md': requirements(),
  'faults.md': faultPage(),
  'variations.md': variationPage(),
  'client-variations.md': clientVariationPage(head),
  'client-peers.md': clientPeerPage(head),
  'editions.md': editionsPage(head),
  'structure.md': structurePage(),
  'field.md': fieldPage(),
  'library.md': libraryPage(),
  'target.md': targetPage(JSON.parse(readFileSync(new URL('../../schemas/target.schema.json', import.meta.url), 'utf8')) as Json),
});
