import { mark } from '../core/grade.ts';
import type { Run } from '../core/model.ts';
import { gradeUnder, type PlanGrade } from '../plan/grade.ts';
import type { Catalogue } from '../plan/judged.ts';
import type { Resolved, Retraction } from '../plan/types.ts';
import { clockOf, toolDigest } from './inputs.ts';
import type { Key } from './keys.ts';
import type { Opened } from './open.ts';
import { signedBy } from './sign.ts';
import { runDigest } from './tries.ts';

/** What a third party learns of a package, offline. `ok` holds; `note` decides nothing; `open` is not established; `refused` is contradicted. */
export interface Finding {
  readonly what: 'intact' | 'signed' | 'plan' | 'same grade' | 'in time' | 'clock' | 'not retracted' | 'challenge' | 'tries';
  readonly state: 'ok' | 'note' | 'open' | 'refused';
  readonly text: string;
}

export interface Verifying {
  readonly trusted: ReadonlyMap<string, Key>;
  readonly catalogue: Catalogue;
  /** The plan of that name as the verifier has it; a string says why there is none. */
  readonly planOf: (name: string) => Resolved | string;
  readonly retracted: readonly Retraction[];
  readonly run: Run;
  readonly now: Date;
  readonly challenge?: string;
}

/** Clocks may differ by this much, seconds. */
const tolerance = 300;

export async function verify(opened: Opened, by: Verifying): Promise<readonly Finding[]> {
  const { statement, members } = opened;
  return [
    { what: 'intact', state: 'ok', text: `${members.length} members, each as it was made` },
    ...(await signers(opened, by)),
    plan(opened, by),
    sameGrade(opened, by),
    inTime(opened, by),
    clock(opened, by),
    notRetracted(opened, by),
    ...challenge(opened, by),
    statement.predicate.tries.known
      ? {
          what: 'tries',
          state: 'note',
          text: `${statement.predicate.tries.before} earlier runs of this plan and target (${statement.predicate.tries.sameDay} on that day), by the runner's journal`,
        }
      : { what: 'tries', state: 'note', text: `how many runs came before is not known: ${statement.predicate.tries.why}` },
  ];
}

async function signers({ members, statementBytes }: Opened, { trusted }: Verifying): Promise<readonly Finding[]> {
  const found = await signedBy(statementBytes, members, trusted);
  if (found.length === 0) return [{ what: 'signed', state: 'open', text: 'nobody signed it: sign it with `payer-assay sign`' }];
  const good = found.filter(({ state }) => state === 'good');
  return found.map(({ id, by, state, why }) => ({
    what: 'signed',
    // A further signature of somebody whom the verifier does not know takes nothing from one that is known.
    state: state === 'good' ? 'ok' : state === 'wrong' ? 'refused' : good.length > 0 ? 'note' : 'open',
    text:
      state === 'good'
        ? `by ${by} (${id})`
        : `${by ?? 'an unknown key'} (${id}): ${why}${state === 'unknown' ? '. Give its public key with --trust, if you have it from its owner' : ''}`,
  }));
}

const sorted = (rows: Resolved['rows']): string => JSON.stringify(Object.entries(rows).sort());

function plan({ statement, resolved, grade }: Opened, { planOf }: Verifying): Finding {
  const { name, sha256 } = statement.predicate.plan;
  if (resolved.name !== name || resolved.sha256 !== sha256 || grade.name !== name || grade.planSha256 !== sha256)
    return { what: 'plan', state: 'refused', text: 'statement, plan and grade are not of one plan' };
  const ours = planOf(name);
  if (typeof ours === 'string') return { what: 'plan', state: 'open', text: `${name}: ${ours} Give the folder that holds it with --plans.` };
  if (ours.sha256 !== sha256 || sorted(ours.rows) !== sorted(resolved.rows) || JSON.stringify(ours.plan) !== JSON.stringify(resolved.plan))
    return {
      what: 'plan',
      state: 'refused',
      text: `${name}: the plan in the package is not the one of that name that is known here (SHA-256 ${ours.sha256.slice(0, 12)}, in the package ${sha256.slice(0, 12)})`,
    };
  const { status } = ours.plan;
  if (status === 'withdrawn') return { what: 'plan', state: 'open', text: `${name} has been withdrawn` };
  return { what: 'plan', state: 'ok', text: `${name}, as it is known here${status === 'in-force' ? '' : ` (${status}: not for certification)`}` };
}

/** What of a grade must come out again: everything that was found, nothing of how it is said. */
function essence(grade: PlanGrade): Readonly<Record<string, string>> {
  return {
    word: grade.word,
    ...Object.fromEntries(grade.mustShow.map(({ id, state }) => [`must show ${id}`, state])),
    ...Object.fromEntries(grade.verdicts.map((each) => [each.requirement, `${each.level} ${mark(each)}`])),
    'valid until': grade.validUntil,
    gaps: grade.gaps.map(({ kind, what }) => `${kind} ${what}`).join('; '),
  };
}

function sameGrade({ statement, grade, resolved, inputs }: Opened, { run, catalogue }: Verifying): Finding {
  const said = statement.predicate;
  if (said.word !== grade.word || said.validUntil !== grade.validUntil)
    return {
      what: 'same grade',
      state: 'refused',
      text: `the statement says ${said.word} until ${said.validUntil}, and grade.json ${grade.word} until ${grade.validUntil}`,
    };
  if (said.run.exchanges !== runDigest(run) || said.run.startedAt !== run.startedAt || said.run.finishedAt !== run.finishedAt)
    return { what: 'same grade', state: 'refused', text: 'the statement is about another run than run.json.gz holds' };
  const [was, is] = [essence(grade), essence(gradeUnder(run, resolved, catalogue, inputs.retracted))];
  const differs = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter((each) => was[each] !== is[each]);
  if (differs.length === 0)
    return { what: 'same grade', state: 'ok', text: `graded again from the stored answers: ${grade.word}, ${grade.verdicts.length} rows as before` };
  const examples = differs.slice(0, 5).map((each) => `${each}: ${was[each] ?? 'absent'} -> ${is[each] ?? 'absent'}`);
  const other = inputs.tool.sha256 !== toolDigest().sha256;
  return {
    what: 'same grade',
    state: other ? 'open' : 'refused',
    text: `${differs.length} differ when graded again: ${examples.join('; ')}${other ? `. It was graded by payer-assay ${inputs.tool.version} of other code (${inputs.tool.form}, SHA-256 ${inputs.tool.sha256.slice(0, 12)}): verify it with that one` : ''}`,
  };
}

function inTime({ grade }: Opened, { planOf, now }: Verifying): Finding {
  const today = now.toISOString().slice(0, 10);
  if (grade.validUntil < today)
    return { what: 'in time', state: 'open', text: `the grade was valid until ${grade.validUntil}, and today is ${today}: run again` };
  const ours = planOf(grade.name);
  const until = typeof ours === 'string' ? undefined : ours.plan.until;
  if (until !== undefined && until < today)
    return { what: 'in time', state: 'open', text: `the plan expired on ${until}, and today is ${today}: run under a newer edition` };
  return { what: 'in time', state: 'ok', text: `valid until ${grade.validUntil}` };
}

function clock(_: Opened, { run, now }: Verifying): Finding {
  const ahead = (Date.parse(run.finishedAt) - now.getTime()) / 1000;
  if (!(ahead <= tolerance))
    return {
      what: 'clock',
      state: 'open',
      text: `the run ended at ${run.finishedAt}, and here it is ${now.toISOString()}: one of the two clocks is wrong`,
    };
  if (Date.parse(run.startedAt) > Date.parse(run.finishedAt))
    return { what: 'clock', state: 'refused', text: `the run ended (${run.finishedAt}) before it began (${run.startedAt})` };
  const { skew } = clockOf(run);
  if (skew !== null && Math.abs(skew) > tolerance)
    return {
      what: 'clock',
      state: 'open',
      text: `the payer's answers are dated ${skew} s off the clock of the runner: one of the two is wrong, and so may be the day of the grade`,
    };
  return {
    what: 'clock',
    state: 'ok',
    text: skew === null ? 'the payer dates no answer' : `the payer's answers are dated within ${Math.abs(skew)} s of the runner's clock`,
  };
}

function notRetracted({ resolved, inputs, grade }: Opened, { retracted, run, catalogue }: Verifying): Finding {
  const ids = (all: readonly Retraction[]) => new Set(all.map(({ requirement }) => requirement));
  const [theirs, ours] = [ids(inputs.retracted), ids(retracted)];
  const unknown = [...theirs].filter((id) => !ours.has(id) && resolved.rows[id] !== undefined);
  // Who makes a package could leave out what failed by calling it retracted.
  if (unknown.length > 0)
    return {
      what: 'not retracted',
      state: 'open',
      text: `the package leaves out ${unknown.join(', ')} as retracted, and here that is not known: verify with a newer payer-assay`,
    };
  const fresh = retracted.filter(({ requirement }) => resolved.rows[requirement] !== undefined && !theirs.has(requirement));
  if (fresh.length === 0) return { what: 'not retracted', state: 'ok', text: 'no row of it has been retracted since' };
  const { word } = gradeUnder(run, resolved, catalogue, [...inputs.retracted, ...fresh]);
  const rows = fresh.map(({ requirement, since, why }) => `${requirement} (since ${since}: ${why})`).join(', ');
  return {
    what: 'not retracted',
    state: 'open',
    text: `retracted: ${rows}. Without ${fresh.length === 1 ? 'it' : 'them'} the grade is ${word}${word === grade.word ? ', as before' : `, and was ${grade.word}`}`,
  };
}

function challenge({ statement }: Opened, { challenge: wanted, run }: Verifying): readonly Finding[] {
  const said = statement.predicate.challenge;
  if (wanted === undefined)
    return said === null
      ? []
      : [{ what: 'challenge', state: 'ok', text: `the run answered the challenge ${said}; hold it against yours with --challenge` }];
  if (said !== wanted)
    return [
      { what: 'challenge', state: 'refused', text: said === null ? 'the run answered no challenge' : `the run answered another challenge (${said})` },
    ];
  const sent = run.exchanges.filter(
    ({ request, step }) => step !== 'tls' && request.headers['x-request-id']?.startsWith(`${wanted}.`) === true,
  ).length;
  const share = sent / Math.max(1, run.exchanges.filter(({ step }) => step !== 'tls').length);
  return share > 0.5
    ? [{ what: 'challenge', state: 'ok', text: `${sent} requests carried it` }]
    : [{ what: 'challenge', state: 'refused', text: `only ${sent} of ${run.exchanges.length} requests carried it` }];
}

/** 0: all holds; 1: something is contradicted; 2: something is not established. */
export const exitOf = (findings: readonly Finding[]): 0 | 1 | 2 =>
  findings.some(({ state }) => state === 'refused') ? 1 : findings.some(({ state }) => state === 'open') ? 2 : 0;
