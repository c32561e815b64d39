import { checks } from '../../checks/index.ts';
import { versionShapes } from '../../mocks/shapes/versions.ts';
import { sideOf } from '../../src/core/binding.ts';
import { editionOf, type Guide, guides } from '../../src/core/guides.ts';
import type { Level } from '../../src/core/model.ts';

/** docs/editions.md: how many rows hold for each edition of each guide, and what they rest on. */

export type Counts = Partial<Record<Level, number>>;

/** Rows whose range holds this edition, by level. */
export function countsOf(guide: Guide, version: string, id: string = guide.id): Counts {
  const edition = editionOf(guide, version, id);
  const counts: Counts = {};
  for (const { holds, level } of checks) {
    const hold = holds?.find((each) => each.ig.id === guide.id && sideOf(each, edition) === 'within');
    if (hold) counts[hold.level ?? level] = (counts[hold.level ?? level] ?? 0) + 1;
  }
  return counts;
}

/** Every edition as `id@version`, in order. */
export const editionsOf = (guide: Guide): readonly (readonly [key: string, counts: Counts])[] => [
  ...guide.versions.map((version) => [`${guide.id}@${version}`, countsOf(guide, version)] as const),
  ...(guide.moved?.versions ?? []).map((version) => [`${guide.moved?.id}@${version}`, countsOf(guide, version, guide.moved?.id)] as const),
];

/** Packages that were at hand when rows and payload tests were written; of all others, rows rest on the guide's sentences and payloads are not verifiable by profile. */
const atHand: ReadonlySet<string> = new Set([
  'hl7.fhir.us.core@3.1.1',
  'hl7.fhir.us.core@6.1.0',
  'hl7.fhir.us.core@7.0.0',
  'hl7.fhir.us.carin-bb@2.0.0',
  'hl7.fhir.us.davinci-pdex@2.0.0',
  'hl7.fhir.us.davinci-pdex-plan-net@1.1.0',
  'hl7.fhir.us.davinci-crd@2.0.1',
]);

export function editionsPage(head: (title: string, about: string) => string): string {
  const spoken = new Set(versionShapes.map(({ title }) => title));
  const rows = Object.values<Guide>(guides).flatMap((guide) =>
    editionsOf(guide).map(([key, counts]) => {
      const version = key.split('@')[1] ?? '';
      const shape = spoken.has(`claims ${guide.name} ${version}`) ? 'in CI' : '';
      const levels = (['SHALL', 'SHOULD', 'MAY', 'FAST'] as const).map((level) => counts[level] ?? '').join(' | ');
      return `| ${guide.name} | ${key} | ${levels} | ${atHand.has(key) ? 'package' : 'sentences, no package'} | ${shape} |`;
    }),
  );
  return `${head(
    'Editions',
    'How many rows name an edition of a guide in `holds`. Rows that bind by what a payer offers come on top: those of `pa.pmm.*` by the operation of PDex 2.2, those of UDAP.org, and rows of R4, which bind everybody.\n`payer-assay list requirements --guide ID@VERSION` lists the rows; `payer-assay mock --guide ID=VERSION` speaks the edition.\nA ballot is an edition only for who claims it: nobody else is judged by it, and a row that a ballot drops ends before it.\n*Rests on*: the package of this edition was at hand; or no package, and the rows rest on sentences of the guide as they were read in the edition that each row cites, not read again in every later one. *Honest payer*: tried in this edition by the shapes of CI, beside the one that the full payer speaks.',
  )}\n| guide | edition | SHALL | SHOULD | MAY | FAST | rests on | honest payer |\n|---|---|---|---|---|---|---|---|\n${rows.join('\n')}\n`;
}
