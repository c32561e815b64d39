import type { Command } from 'commander';
import { sideOf } from '../../core/binding.ts';
import { editionOf, type Guide, guides, idsOf } from '../../core/guides.ts';
import type { Check } from '../../core/model.ts';

export function define(program: Command): void {
  const list = program.command('list').summary('what can be judged, injected and driven');
  const kind = (name: string, summary: string, act: (json: boolean) => Promise<void>) =>
    list
      .command(name)
      .summary(summary)
      .option('--json', 'as JSON')
      .action((options: { readonly json?: boolean }) => act(options.json === true));
  list
    .command('requirements')
    .summary('every requirement of the catalogue, judged or excluded with its reason')
    .option('--json', 'as JSON')
    .option('--guide <id@version>', 'only those that hold for this edition of a guide, at its level, e.g. hl7.fhir.us.davinci-crd@2.1.0')
    .action((options: { readonly json?: boolean; readonly guide?: string }) => requirements(options.json === true, options.guide));
  kind('faults', 'every defect that can be injected in the embedded payer, and the requirement that must notice', faults);
  kind('suites', 'every conversation, with about how many requests it makes', suites);
  kind('profiles', 'every load that --load can make, at the rate that is used where none is agreed', profiles);
}

async function requirements(json: boolean, guide: string | undefined): Promise<void> {
  const [{ checks: all, excluded: out }, injections] = await Promise.all([
    import('../../../checks/index.ts'),
    import('../../../checks/injections.ts'),
  ]);
  const checks = guide === undefined ? all : ofEdition(all, guide);
  const excluded = guide === undefined ? out : [];
  const rows = [
    ...checks.map(({ id, level, text }) => ({
      id,
      level,
      status: 'judged' as const,
      reason: null,
      faults: injections.faults.filter((each) => each.requirement === id).map((each) => each.id),
      text,
    })),
    ...excluded.map(({ id, level, text, reason }) => ({ id, level, status: 'excluded' as const, reason, faults: [] as string[], text })),
  ];
  print(rows, json, (row) => `${row.id.padEnd(40)} ${row.level.padEnd(7)} ${row.status === 'judged' ? row.text : `excluded: ${row.reason}`}`);
}

async function faults(json: boolean): Promise<void> {
  const injections = await import('../../../checks/injections.ts');
  const rows = [...injections.faults, ...injections.legalVariations].map(({ id, requirement, fault }) => ({
    id,
    requirement: requirement ?? null,
    name: fault.name,
    at: [fault.at].flat(),
    alsoFails: Object.keys(fault.alsoFails ?? {}),
  }));
  print(rows, json, (row) => `${row.id}\n    ${row.name} (at ${row.at.join(', ')})`);
}

async function suites(json: boolean): Promise<void> {
  const all = await import('../../../suites/index.ts');
  const rows = all.suites.map(({ id, title, scenarios, requests, needs = [] }) => ({ id, title, scenarios, requests, needs }));
  print(
    rows,
    json,
    (row) => `${row.id.padEnd(24)} ${row.scenarios.join(',').padEnd(18)} about ${String(row.requests).padStart(3)} requests  ${row.title}`,
  );
}

async function profiles(json: boolean): Promise<void> {
  const { profileNames, profileOf, requestsOf, secondsOf } = await import('../../load/profiles.ts');
  const rows = profileNames.map((name) => {
    const profile = profileOf(name);
    return { name, title: profile.title, seconds: secondsOf(profile), requests: requestsOf(profile) };
  });
  print(
    rows,
    json,
    (row) => `${row.name.padEnd(10)} ${String(row.requests).padStart(7)} requests in ${String(row.seconds).padStart(6)} s  ${row.title}`,
  );
}

function print<T>(rows: readonly T[], json: boolean, line: (row: T) => string): void {
  console.log(json ? JSON.stringify(rows, null, 1) : rows.map(line).join('\n'));
}

/** Rows that hold for one edition, at the level that they have there. Throws when no guide has this id, with those there are. */
function ofEdition(checks: readonly Check[], text: string): readonly Check[] {
  const [id = '', version] = text.split('@');
  const guide = Object.values<Guide>(guides).find((each) => idsOf(each).includes(id));
  if (!guide || version === undefined)
    throw new Error(
      `--guide ${text}: expected a guide and its version, e.g. hl7.fhir.us.davinci-crd@2.1.0. Known guides: ${Object.values<Guide>(guides).flatMap(idsOf).join(', ')}.`,
    );
  const edition = editionOf(guide, version, id);
  return checks.flatMap((check) => {
    const hold = check.holds?.find((each) => each.ig.id === guide.id && sideOf(each, edition) === 'within');
    return hold ? [{ ...check, level: hold.level ?? check.level }] : [];
  });
}
