import type { Verdict } from '../model.ts';

/** Rubric 4, secure and consistent discovery (10 points): each criterion rests on requirements of the catalogue, so its points follow from their verdicts. */
interface Rule {
  readonly title: string;
  readonly points: number;
  /** All of those that were judged must hold, and at least one must have been judged. */
  readonly rows: readonly string[];
}

export interface Scored {
  readonly title: string;
  readonly max: number;
  /** `open`: none of its requirements could be judged, so it earns nothing and is left out of the sum. */
  readonly state: 'met' | 'missed' | 'open';
  readonly points: number;
  readonly rows: readonly string[];
  /** The requirement that cost the points. */
  readonly broken?: string;
}

export interface RubricScore {
  readonly points: number;
  /** Points of the criteria that could be judged. */
  readonly judged: number;
  readonly max: number;
  readonly criteria: readonly Scored[];
}

const discoveryRules: readonly Rule[] = [
  { title: 'Two independent sources agree on the base URL', points: 2, rows: ['cc1.fast.discovery-consistent'] },
  { title: 'TLS is valid', points: 1, rows: ['cc1.fast.secure-lookup', 'cc2.tls.minimum', 'cc2.tls.certificate'] },
  { title: 'The address is alive and speaks FHIR', points: 1, rows: ['cc1.fast.address-live', 'cc3.metadata.available'] },
  {
    title: 'The version is stated, and equal wherever it is stated',
    points: 1,
    rows: ['cc3.endpoint.fhir-version-extension', 'cc1.ndh.endpoint.connection-type-version', 'cc3.versions.default-agrees'],
  },
  { title: 'The guides and their versions are stated', points: 1, rows: ['cc3.fast.implementation-guide'] },
  {
    title: 'UDAP signed_metadata is valid for the same base URL',
    points: 2,
    rows: ['cc2.udap.signed.x5c', 'cc2.udap.signed.chain', 'cc2.udap.signed.iss-base-and-san', 'cc2.udap.signed.exp'],
  },
  { title: 'Authorization endpoints are equal in signed and plain documents', points: 1, rows: ['cc2.udap.signed.equals-plain'] },
  { title: 'The version and endpoint stay the same during the run', points: 1, rows: ['cc3.fast.version-stable'] },
];

export const discoveryScore = (verdicts: readonly Verdict[]): RubricScore => score(discoveryRules, verdicts);

/** Every requirement id that this rubric rests on: a test holds them against the catalogue. */
export const rubricRows: readonly string[] = discoveryRules.flatMap((rule) => rule.rows);

function score(rules: readonly Rule[], verdicts: readonly Verdict[]): RubricScore {
  const byId = new Map(verdicts.map((verdict) => [verdict.requirement, verdict.finding.outcome]));
  const criteria = rules.map(({ title, points, rows }): Scored => {
    const broken = rows.find((row) => byId.get(row) === 'fail');
    if (broken !== undefined) return { title, max: points, state: 'missed', points: 0, rows, broken };
    const held = rows.some((row) => byId.get(row) === 'pass');
    return { title, max: points, state: held ? 'met' : 'open', points: held ? points : 0, rows };
  });
  const sum = (pick: (each: Scored) => number) => criteria.reduce((total, each) => total + pick(each), 0);
  return {
    points: sum((each) => each.points),
    judged: sum((each) => (each.state === 'open' ? 0 : each.max)),
    max: sum((each) => each.max),
    criteria,
  };
}
