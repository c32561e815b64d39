import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { checks } from '../../checks/index.ts';
import type { Dataset } from '../../fixtures/dataset.ts';
import { judge } from '../../src/core/judge.ts';
import type { Evidence, Scenario, Target } from '../../src/core/model.ts';
import { drive } from '../../src/run/drive.ts';
import { openSession } from '../../src/run/session.ts';
import type { Ground } from '../../src/run/suite.ts';
import { suites } from '../../suites/index.ts';
import { assertNoDrift, assertOursHeld } from './compare.ts';
import { knownMember } from './known-member.ts';

/** A foreign server in open mode that holds our data: who it is, and what is asked of it. */
export interface OpenServer {
  readonly name: string;
  readonly base: string;
  readonly data: Dataset;
  readonly scenarios: readonly Scenario[];
  readonly bulk?: NonNullable<Target['bulk']>;
  /** The file of its adjudicated verdicts, in this folder, and the day on which they were adjudicated (YYYY-MM-DD). */
  readonly list: string;
  readonly on: string;
}

/** Drives the suites of these scenarios: nothing of ours may break on the way, and no verdict may drift from the list. */
export async function judgeOpenServer(t: TestContext, { name, base, data, scenarios, bulk, list, on }: OpenServer) {
  const target: Target = {
    ...{ name, fhir: { base }, auth: { kind: 'none' }, members: { known: knownMember(data) }, evidence: 'full' },
    ...(bulk === undefined ? {} : { bulk }),
  };
  const session = openSession(target, {});
  t.after(() => session.close());
  const driven = suites.filter((suite) => suite.scenarios.some((each) => scenarios.includes(each)));
  let ground: Ground = { target };
  const onLearned = (learned: Ground): void => {
    ground = { ...learned };
  };
  const evidence: Evidence = await drive({ target, suites: driven, ...session, onLearned });
  assertOursHeld(evidence);
  assertNoDrift(judge(checks, evidence, on), join(import.meta.dirname, list));
  return { evidence, driven, ground };
}
