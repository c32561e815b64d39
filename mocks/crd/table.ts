/**
 * The embedded payer's coverage policy: what it says of an ordered code. A row is what a medical policy team would write down.
 */
export interface Policy {
  readonly code: string;
  readonly covered: 'covered' | 'not-covered' | 'conditional';
  readonly pa?: 'no-auth' | 'auth-needed' | 'satisfied' | 'performpa' | 'conditional';
  readonly doc?: 'clinical' | 'admin' | 'patient' | 'conditional';
  readonly docPurpose?: 'withpa' | 'withclaim' | 'withorder' | 'retain-doc';
  readonly info?: 'performer' | 'location' | 'timeframe' | 'contract-window' | 'detail-code' | 'OTH';
  readonly questionnaire?: string;
  readonly reason?: string;
  readonly satisfiedPaId?: string;
  /** Cards that go with it, by kind. */
  readonly cards?: readonly CardKind[];
}

export type CardKind = 'guideline' | 'reminder' | 'alternative' | 'app' | 'binary';

const policies: readonly Policy[] = [
  {
    code: '70551',
    covered: 'covered',
    pa: 'auth-needed',
    doc: 'clinical',
    docPurpose: 'withpa',
    questionnaire: 'Questionnaire/mri|1',
    reason: 'Prior imaging must be documented',
    cards: ['guideline', 'app', 'binary'],
  },
  { code: '97110', covered: 'covered', pa: 'satisfied', satisfiedPaId: 'PA-2026-0042', cards: ['reminder'] },
  { code: 'E0424', covered: 'conditional', info: 'performer', reason: 'Covered when delivered by a contracted supplier' },
  { code: '15830', covered: 'not-covered', reason: 'Cosmetic surgery is not a benefit of this plan', cards: ['alternative'] },
  { code: '99213', covered: 'covered', pa: 'no-auth' },
];

const byCode = new Map(policies.map((policy) => [policy.code, policy]));

/** Codes without a policy need nothing: the plan covers them as ordinary care. */
export const policyFor = (code: string): Policy => byCode.get(code) ?? { code, covered: 'covered', pa: 'no-auth' };

const cpt = 'http://www.ama-assn.org/go/cpt';
/** One order of each kind, for the target file that fits this payer. */
export const policyOrders = [
  { system: cpt, code: '70551', display: 'MRI brain without contrast' },
  { system: cpt, code: '15830', display: 'Abdominoplasty' },
  { system: cpt, code: '97110', display: 'Therapeutic exercises' },
  { system: 'https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets', code: 'E0424', display: 'Stationary oxygen system' },
] as const;
