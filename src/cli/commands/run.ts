import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { type FormatName, formatNames } from '../../../reports/formats.ts';
import { type Bounds, boundsInWords } from '../../core/bounds.ts';
import { codeFor, type FailOn } from '../../core/changed.ts';
import type { Check, Run, Scenario } from '../../core/model.ts';
import type { Catalogue } from '../../run/choose.ts';
import { exit } from '../failure.ts';
import { fileName } from '../file-name.ts';
import { collect, failOn, failOnHelp, formatList, limit, list, nonce, part as partOf, scenarioList, share as shareOf, whole } from '../options.ts';

import type { Subject } from '../subject.ts';

interface Options {
  readonly target?: string;
  readonly embedded?: boolean;
  readonly apps?: boolean;
  readonly scenario?: readonly Scenario[];
  readonly only?: readonly string[];
  readonly plan?: readonly string[];
  readonly with?: readonly string[];
  readonly out?: string;
  readonly format?: readonly FormatName[];
  readonly baseline?: string;
  readonly failOn?: FailOn;
  readonly json?: boolean;
  readonly challenge?: string;
  readonly seed?: number;
  readonly dryRun?: boolean;
  readonly maxWait?: number;
  readonly maxTime?: number;
  readonly limit?: Partial<Bounds>;
  readonly downloads?: string;
  readonly load?: string;
  readonly loadScale?: number;
  readonly loadSegment?: { readonly nth: number; readonly of: number };
  readonly loadBundle?: string;
  readonly loadOut?: readonly string[];
}

export function define(program: Command): void {
  program
    .command('run')
    .summary('hold the conversations with a payer, grade every answer, write the reports')
    .option('--target <file>', 'target file of the payer to test')
    .option('--embedded', 'test the payer that comes with this tool')
    .option('--apps', 'launch SMART apps in Chromium as well: those of the target file, or the one that a card links to')
    .option('--scenario <list>', 'only these scenarios, e.g. S1,S3', scenarioList)
    .option('--plan <names>', 'ask what these plans select, and grade under each, comma-separated, e.g. cms-provider-access@2026.11', list)
    .option('--seed <number>', 'makes the same words for what must not exist as the run that names this seed', whole(0, 2 ** 31 - 1))
    .option('--challenge <nonce>', 'nonce of the certifier: every request carries it (X-Request-Id), which shows that the run came after', nonce)
    .option('--only <ids>', 'only requirements whose id contains one of these, comma-separated', list)
    .option('--with <module>', 'judge private checks as well: a module that exports checks, suites or both; may be repeated', collect)
    .option('--out <folder>', 'where run.json and the reports go (default: out/<time>-<target>)')
    .option('--dry-run', 'print which requests would be made and why, and make none')
    .option('--format <list>', `write these besides the usual reports, comma-separated: ${formatNames.join(', ')}; or all`, formatList)
    .option('--baseline <run>', 'an earlier run, for latency.html, annotations and --fail-on new')
    .option('--fail-on <what>', failOnHelp, failOn)
    .option('--json', 'print the result as JSON on stdout')
    .option('--max-wait <seconds>', 'longest that an asynchronous job is waited for', whole(1, 86_400))
    .option('--max-time <seconds>', 'end the conversations after this time, and grade what was learned until then', whole(1, 604_800))
    .option('--limit <name=value>', 'set one bound of the run, e.g. evidenceMB=32; --dry-run prints them all', limit)
    .option('--downloads <folder>', 'keep every file of a bulk export in this folder, in full and as received: it holds health data')
    .option('--load <profile>', 'then measure under load as well: smoke, agreed, ramp, spike, soak, overload, isolation, typing (needs k6)')
    .option('--load-scale <share>', 'shorten every stage of the load to this share of its time (0-1), for a trial', shareOf)
    .option('--load-segment <n/m>', 'make only this part of the load, e.g. 2/3; the others run elsewhere, and merge joins them', partOf)
    .option('--load-bundle <folder>', 'also write the k6 bundle and plan of the whole load there, for a cluster')
    .option('--load-out <outputs>', 'further outputs of k6, comma-separated, e.g. opentelemetry', list)
    .action(act);
}

async function act(options: Options): Promise<void> {
  const { collect: giveBack, frugal, keepLevel, tidy } = await import('../memory.ts');
  frugal();
  const [
    { checks },
    { suites },
    { choose },
    { exportsIn, usualJobs },
    { foretold, mostPages },
    { run },
    { openSubject },
    { loadExtensions },
    { ending },
    { progress, liveLine },
    { report },
    { missingTools },
    { keepState },
  ] = await Promise.all([
    import('../../../checks/index.ts'),
    import('../../../suites/index.ts'),
    import('../../run/choose.ts'),
    import('../../run/suite.ts'),
    import('../../run/pages.ts'),
    import('../../run/run.ts'),
    import('../subject.ts'),
    import('../extensions.ts'),
    import('../ending.ts'),
    import('../progress.ts'),
    import('../result.ts'),
    import('../set-up.ts'),
    import('../../run/state.ts'),
  ]);
  const say = (line: string) => console.error(line);
  const selection = { ...(options.scenario ? { scenarios: options.scenario } : {}), ...(options.only ? { only: options.only } : {}) };
  const beside = options.load === undefined ? [] : ['crd.discovery'];
  const more = await loadExtensions(options.with ?? [], { checks, suites });
  const plans = options.plan === undefined ? [] : (await import('../plans.ts')).openPlans(options.plan, new Date().toISOString().slice(0, 10));
  const ofClients = plans.find(({ plan }) => plan.side === 'client');
  if (ofClients !== undefined)
    throw new Error(
      `${ofClients.name} grades a client, and \`run\` asks a payer: play its cases with \`payer-assay client\`, then \`regrade RUN --plan\`.`,
    );
  const limited = plans.length === 0 ? selection : { ...selection, plans: plans.map(({ name }) => name) };
  const asked = plans.length === 0 ? undefined : (await import('../../plan/variant.ts')).rowsAskedBy;
  const planned = new Set(plans.flatMap((each) => Object.keys(asked?.(each) ?? {})));
  const all = {
    checks: [...checks.filter(({ id }) => plans.length === 0 || planned.has(id)), ...more.checks],
    suites: [...suites, ...more.suites],
  };
  const baseline = options.baseline === undefined ? undefined : (await import('../baseline.ts')).baselineAt(options.baseline);
  if (options.failOn === 'new' && baseline === undefined)
    throw new Error('--fail-on new needs --baseline RUN: the run against which a failure is new.');
  // Before anything is opened: a choice of nothing is a slip.
  choose(all, selection);
  if (options.load !== undefined) (await import('../../load/profiles.ts')).profileOf(options.load, {}, options.loadScale);
  const opened = await openSubject(options);
  const bounded = options.limit ? { ...opened.target, limits: { ...opened.target.limits, ...options.limit } } : opened.target;
  const target = plans.length === 0 ? bounded : (await import('../plans.ts')).plannedTarget(bounded, plans);
  const subject = { ...opened, target };
  const showing = plans.length === 0 ? [] : (await import('../../plan/needs.ts')).suitesShowing(plans, suites);
  const chosen = choose(all, limited, subject.target, [...beside, ...showing]);
  const own = chosen.checks.filter((check) => more.checks.includes(check));
  if (options.dryRun === true) {
    await dryRun(chosen, subject);
    for (const line of boundsInWords(target)) say(`  ${line}`);
    return;
  }
  const end = ending(say, options.maxTime);
  const told = progress(chosen.suites, say, liveLine(process.stderr, process.env));
  const { signal } = end;
  let state: ReturnType<typeof keepState> | undefined;
  try {
    const folder = options.out ?? join('out', `${new Date().toISOString().replace(/[:.]/g, '-')}-${fileName(subject.target.name)}`);
    const about = foretold(chosen.suites, { target: subject.target });
    say(`${subject.target.name}: ${chosen.suites.length} conversations for ${chosen.checks.length} requirements, at most about ${about} requests.`);
    const startedAt = new Date().toISOString();
    state = keepState(folder, () => ({
      ...{ pid: process.pid, target: subject.target.name, startedAt, at: new Date().toISOString() },
      ...told.state(),
    }));
    const finished: Run = await run({
      ...chosen,
      checks: chosen.checks.filter((check) => !own.includes(check)),
      own,
      ...(Object.keys(limited).length === 0 ? {} : { selection: limited }),
      target: subject.target,
      secrets: subject.secrets,
      folder,
      signal,
      notRun: missingTools(),
      onDriven: giveBack,
      onJudged: keepLevel,
      onSuite(...event) {
        if (event[1] === 'end') tidy();
        told.onSuite(...event);
        state?.changed();
      },
      onWait(...event) {
        told.onWait(...event);
        state?.changed();
      },
      onAsk(...event) {
        keepLevel();
        told.onAsk(...event);
        state?.changed();
      },
      onAnswer(exchange) {
        told.onAnswer(exchange);
        state?.changed();
      },
      onLearned: (ground) => {
        say(
          `  By what the payer declares: about ${foretold(chosen.suites, ground)} requests, at most ${mostPages(chosen.suites, ground)} of them further pages; polls of its jobs are not counted.`,
        );
        const [exports, jobs] = [exportsIn(chosen.suites), subject.target.bulk?.jobs ?? usualJobs];
        if (exports > 0)
          say(
            `  Up to ${exports} exports, ${jobs} at once: about ${Math.ceil(exports / jobs) + 3} times as long as one takes. Nothing else waits for them.`,
          );
      },
      ...(options.downloads === undefined ? {} : { downloads: resolve(options.downloads) }),
      ...(options.maxWait === undefined ? {} : { maxWait: options.maxWait }),
      ...(options.challenge === undefined ? {} : { challenge: options.challenge }),
      ...(options.seed === undefined ? {} : { seed: options.seed }),
    });
    const whole =
      options.load === undefined || signal.aborted
        ? finished
        : await loaded(finished, options.load, { options, subject, folder, signal, checks: chosen.checks });
    const code = await report(whole, folder, {
      json: options.json === true,
      ...(options.format ? { more: options.format } : {}),
      ...(baseline ? { baseline } : {}),
      interrupted: signal.aborted,
      late: end.late,
      incomplete: undecided(options.load, whole),
    });
    process.exitCode = Math.max(codeFor(options.failOn ?? 'default', code, whole, baseline), end.code() ?? 0);
    if (plans.length === 0) return;
    const graded = await (await import('../plans.ts')).gradePlans(whole, plans, { checks, clientRows: [] }, folder, {
      json: options.json === true,
      journal: true,
    });
    process.exitCode = Math.max(codeFor(options.failOn ?? 'default', code === exit.trouble ? code : graded, whole, baseline), end.code() ?? 0);
  } finally {
    state?.end();
    told.stop();
    end.release();
    await subject.close();
  }
}

/** The plan on stdout; nothing is sent. */
async function dryRun(chosen: Catalogue, { target, close }: Subject): Promise<void> {
  const [{ feeds }, { planOf, planText }, { foretold, mostPages }] = await Promise.all([
    import('../../run/choose.ts'),
    import('../../run/plan.ts'),
    import('../../run/pages.ts'),
  ]);
  const plan = planOf(chosen, feeds(), { target });
  const writes = plan.filter(({ changes }) => changes.length > 0).length;
  process.stdout.write(planText(plan));
  console.log(
    `${chosen.checks.length} requirements, ${plan.length} conversations, at most about ${foretold(chosen.suites, { target })} requests, at most ${mostPages(chosen.suites, { target })} of them further pages; ${writes} conversations change something. Nothing was sent.`,
  );
  await close();
}

/** A load that was wanted but decides nothing leaves the run incomplete; `smoke` only looks whether it works at all. */
const undecided = (profile: string | undefined, { latency }: Run): boolean =>
  profile !== undefined && profile !== 'smoke' && (latency?.load === undefined || latency.load.inconclusive !== undefined);

interface Loading {
  readonly options: Options;
  readonly subject: Subject;
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly checks: readonly Check[];
}

/** The run with its load beside it, judged again: some requirements show under load only. */
async function loaded(finished: Run, profile: string, { options, subject, folder, signal, checks }: Loading): Promise<Run> {
  const [{ withLoad }, { fileCleanUps }, { samplesFile }, { writeRun }, { graded }] = await Promise.all([
    import('../../load/with-load.ts'),
    import('../../client/clean-ups.ts'),
    import('../../load/plan.ts'),
    import('../../run/store.ts'),
    import('../../run/run.ts'),
  ]);
  const { target, secrets } = subject;
  const onProgress = (line: string) => console.error(`  ${line}`);
  const how = {
    keep: join(folder, samplesFile),
    cleanUps: fileCleanUps(folder),
    ...(options.loadScale === undefined ? {} : { share: options.loadScale }),
    ...(options.loadSegment ? { part: options.loadSegment } : {}),
    ...(options.loadBundle === undefined ? {} : { bundleTo: options.loadBundle }),
    ...(options.loadOut ? { outputs: options.loadOut } : {}),
  };
  const whole = graded(await withLoad(finished, profile, { target, secrets, signal, onProgress, ...how }), checks);
  writeRun(folder, whole);
  return whole;
}
