import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../src/validation/packages/folders.ts';
import { createValidator } from '../src/validation/port.ts';
import { startService } from '../src/validation/tier2/service.ts';
import { type Adjudication, byRule, type Disagreement, disagreements, ownData, sets, terminologyPackages } from '../test/validation/agreement.ts';
import { type Compared, coded, compare, crashed, examplesOf, mutantsOfAll, ownSamples } from '../test/validation/compare.ts';
import { agreementPage } from '../test/validation/page.ts';

/**
 * The full sweep of tier 1 against the HL7 engine: every published example of the guides, our own data, and mutants of both. Takes minutes.
 * Usage: node scripts/validation-agreement.ts [folder of the guides' .tgz files]. Writes test/validation/agreement.json and docs/validation-agreement.md.
 * Needs Java, the built service (mvn -q -B -f validator/pom.xml package) and both terminology packages (payer-assay ig add).
 */
const seed = 7;
const guides = process.argv[2] ?? '../shared/igs';
const adjudications = JSON.parse(readFileSync('test/validation/adjudications.json', 'utf8')) as readonly Adjudication[];
const all: Compared[] = [];
const open: Disagreement[] = [];
let engine = '';
const rows: {
  file: string;
  examples: number;
  mutants: number;
  crashed: number;
  disagreed: number;
  tier1: number;
  tier2: number;
  codedBoth: number;
}[] = [];
for (const { file, packages, mutants } of sets) {
  const path = join(guides, `${file}.tgz`);
  if (file !== ownData && !existsSync(path)) throw new Error(`${path} is not there. Give the folder of the guides' .tgz files.`);
  const names = [...terminologyPackages, ...packages.map((name) => join(guides, `${name.replace('#', '-')}.tgz`))];
  const validator = createValidator({ packages: names });
  if (validator.absent.length > 0) throw new Error(validator.absent.join('; '));
  const service = await startService({ packages: names, cache: packageFolder() });
  if ('fix' in service) throw new Error(`${service.why}. Fix: ${service.fix}`);
  try {
    engine = await service.version();
    const examples = file === ownData ? ownSamples() : examplesOf(path);
    const samples = [...examples, ...mutantsOfAll(examples, mutants, seed)];
    const compared = await compare(samples, validator, service);
    const found = disagreements(compared, adjudications);
    const judged = compared.filter((each) => !crashed(each));
    rows.push({
      file,
      examples: examples.length,
      mutants: samples.length - examples.length,
      crashed: compared.length - judged.length,
      disagreed: found.length,
      tier1: judged.filter((each) => coded(each.tier1).length > 0).length,
      tier2: judged.filter((each) => coded(each.tier2).length > 0).length,
      codedBoth: judged.filter((each) => coded(each.tier1).length > 0 && coded(each.tier2).length > 0).length,
    });
    all.push(...compared);
    open.push(...found);
    console.error(
      `${file}: ${compared.length} compared, ${found.length} disagree, ${found.filter((each) => each.adjudication === null).length} not adjudicated`,
    );
  } finally {
    await service.stop();
  }
}
const judged = all.filter((each) => !crashed(each)).length;
const against = open.filter(
  (each) =>
    adjudications.find((one) => one.id === each.adjudication)?.right !== 'tier 1' &&
    adjudications.find((one) => one.id === each.adjudication)?.right !== 'both',
);
const summary = {
  engine,
  seed,
  compared: judged,
  examples: rows.reduce((sum, row) => sum + row.examples, 0),
  mutants: rows.reduce((sum, row) => sum + row.mutants, 0),
  crashed: all.length - judged,
  rawPercent: percent(judged - open.length, judged),
  adjudicatedPercent: percent(judged - against.length, judged),
  sets: rows,
  rules: byRule(all),
  adjudications: Object.fromEntries(adjudications.map(({ id }) => [id, open.filter((each) => each.adjudication === id).length])),
  disagreements: open,
};
writeFileSync('test/validation/agreement.json', `${JSON.stringify(summary, null, 1)}\n`);
writeFileSync('docs/validation-agreement.md', agreementPage(summary, adjudications));
console.log(
  `agreement: ${summary.rawPercent} % raw, ${summary.adjudicatedPercent} % adjudicated, on ${judged} resources (${summary.mutants} mutants); engine ${engine}`,
);

function percent(part: number, whole: number): number {
  return Math.round((part / whole) * 10_000) / 100;
}
