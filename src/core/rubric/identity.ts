import { select, statusOf } from '../findings.ts';
import type { Evidence, Finding, Verdict } from '../model.ts';
import { picked, unsure } from '../sample.ts';

/** One line of rubric 5. */
export interface IdentityItem {
  readonly title: string;
  readonly points: number;
  readonly max: number;
  /** `unknown`: not tested in this run, so the points are neither earned nor lost. */
  readonly state: 'earned' | 'partly' | 'lost' | 'unknown';
  readonly why: string;
  /** The requirements that decide it. */
  readonly requirements: readonly string[];
}

/** Rubric 5: is the right member found, and nobody else shown? */
export interface IdentityReport {
  readonly items: readonly IdentityItem[];
  readonly points: number;
  /** Points that this run could have given: the 12 of the rubric less what was not tested. */
  readonly reachable: number;
  readonly max: 12;
  /** Disclosures of a foreign member: any is an overall fail. */
  readonly disclosures: readonly string[];
}

interface Line {
  readonly title: string;
  readonly max: number;
  /** Each requirement carries an equal share of the points. */
  readonly requirements: readonly string[];
}

const lines: readonly Line[] = [
  { title: 'A unique match is found', max: 2, requirements: ['id.mm.supported', 'id.mm.identifier'] },
  { title: 'Twins are refused', max: 2, requirements: ['id.mm.multiple-matches', 'id.mm.near-miss'] },
  { title: 'An unknown person is refused', max: 1, requirements: ['id.mm.no-match'] },
  { title: 'Consent is respected', max: 1, requirements: ['id.mm.consent-refused'] },
  { title: 'The identifier is stable and can be used', max: 1, requirements: ['id.mm.stable', 'id.mm.identifier-usable'] },
  { title: 'A foreign member is blocked on read and search', max: 1, requirements: ['id.authz.compartment', 'id.authz.search'] },
  { title: 'A foreign member is blocked on joins and chains', max: 1, requirements: ['id.authz.include-leak', 'id.authz.chained'] },
  { title: 'An opt-out is honoured', max: 1, requirements: ['id.authz.opt-out', 'id.authz.opt-out-everything', 'id.authz.opt-out-document'] },
  { title: 'Nobody can tell whether a member exists', max: 1, requirements: ['id.authz.no-existence-oracle'] },
];

const round = (points: number): number => Math.round(points * 100) / 100;

function itemOf({ title, max, requirements }: Line, findings: ReadonlyMap<string, Finding>): IdentityItem {
  const seen = requirements.flatMap((id) => {
    const finding = findings.get(id);
    return finding && (finding.outcome === 'pass' || finding.outcome === 'fail') ? [{ id, finding }] : [];
  });
  if (seen.length === 0) {
    const reason = requirements.map((id) => findings.get(id)).find((each) => each !== undefined && 'reason' in each);
    return { title, max, points: 0, state: 'unknown', requirements, why: reason && 'reason' in reason ? reason.reason : 'Not judged in this run.' };
  }
  const passed = seen.filter(({ finding }) => finding.outcome === 'pass').length;
  const miss = seen.find(({ finding }) => finding.outcome === 'fail');
  const why = miss?.finding.outcome === 'fail' ? `${miss.id}: expected ${miss.finding.expected}; saw ${miss.finding.actual}.` : 'As it should be.';
  const state = passed === seen.length ? 'earned' : passed > 0 ? 'partly' : 'lost';
  return { title, max, points: round((max * passed) / seen.length), state, why, requirements };
}

/** The row whose question picks lines about a foreign member from files that are too large to store. */
const asking = 'pa.export.ignore-foreign';
/** The Patient itself, as it is stored: compact JSON. */
const isOf = (body: string | undefined, id: string): boolean => body?.includes(`{"resourceType":"Patient","id":"${id}"`) === true;

/** A foreign member in an exported file. Bodies are as redaction left them: equal ids are still equal. */
function exports(evidence: Evidence): IdentityItem {
  const title = 'A foreign member is in no export';
  const files = select(evidence, { step: 'bulk.file', where: (each) => statusOf(each) === 200 });
  const id = evidence.target.members.notAttributed?.patientId;
  const base = { title, max: 1, requirements: [asking] };
  if (id === undefined) return { ...base, points: 0, state: 'unknown', why: 'The target file names no members.notAttributed with a patientId.' };
  if (files.length === 0) return { ...base, points: 0, state: 'unknown', why: 'No exported file was read in this run.' };
  const leaking = files.find(({ response }) => response?.body.includes(`"Patient/${id}"`) === true || isOf(response?.body, id));
  // The same file downloaded again is judged by the reading that looked at all of it.
  const known = new Set(files.filter((file) => picked(file, asking) === 0).map(({ facts }) => facts?.['file.sha256']));
  const cut = files
    .filter(({ facts }) => !known.has(facts?.['file.sha256']))
    .map((file) => unsure(file, asking))
    .find((each) => each !== undefined);
  if (!leaking && cut !== undefined) return { ...base, points: 0, state: 'unknown', why: `The foreign member was not seen, but ${cut}.` };
  return leaking
    ? { ...base, points: 0, state: 'lost', why: `Patient/${id} is in ${leaking.request.url}.` }
    : { ...base, points: 1, state: 'earned', why: `None of ${files.length} files names the foreign member.` };
}

const disclosing = new Set([
  'id.authz.compartment',
  'id.authz.include-leak',
  'id.authz.org-mismatch',
  'time.load.correctness',
  'bulk.isolation.file',
  'id.authz.search',
  'id.authz.chained',
  'id.authz.everything',
  'id.authz.document',
]);

/** Scores rubric 5 from the verdicts, and from the exported files for what no single row says. */
export function scoreIdentity(evidence: Evidence, verdicts: readonly Verdict[]): IdentityReport {
  const findings = new Map(verdicts.map((each) => [each.requirement, each.finding]));
  const exported = exports(evidence);
  const scored = lines.map((line) => itemOf(line, findings));
  const items = [...scored.slice(0, 7), exported, ...scored.slice(7)];
  const disclosures = [
    ...verdicts.flatMap(({ requirement, finding }) =>
      finding.outcome === 'fail' && disclosing.has(requirement) ? [`${requirement}: expected ${finding.expected}; saw ${finding.actual}.`] : [],
    ),
    ...(exported.state === 'lost' ? [exported.why] : []),
  ];
  return {
    items,
    points: round(items.reduce((sum, each) => sum + each.points, 0)),
    reachable: items.reduce((sum, each) => sum + (each.state === 'unknown' ? 0 : each.max), 0),
    max: 12,
    disclosures,
  };
}
