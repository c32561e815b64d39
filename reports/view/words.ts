import type { Line, Operation, Scenario } from '../../src/core/model.ts';
import type { CellMark } from '../../src/core/scorecard.ts';

/** The names and signs that every report uses. A sign never stands alone: a word says the same for those who cannot see it. */
export const scenarioNames: Readonly<Record<Scenario, string>> = {
  S1: 'Patient information',
  S2: 'Coverage requirements',
  S3: 'Full record',
  S4: 'One section',
  S5: 'Attributed roster',
  S6: 'Bulk claims',
};

export const lineNames: Readonly<Record<Line, readonly [name: string, sub: string]>> = {
  L1: ['Discovery', 'endpoint, version'],
  L2: ['Payload', 'sent, received'],
  L3: ['Trust', 'authn, authz'],
  L4: ['Identity', 'right member'],
  L5: ['Mode', 'sync, async'],
  L6: ['Time', 'as agreed'],
  L7: ['Errors', 'useful?'],
};

/** Sign, CSS class and word of a mark. */
export const marks: Readonly<Record<CellMark, { readonly sign: string; readonly style: string; readonly word: string }>> = {
  fail: { sign: '✗', style: 'fail', word: 'failed' },
  warning: { sign: '!', style: 'warn', word: 'warning' },
  expected: { sign: '⚑', style: 'warn', word: 'expected failure' },
  'not-testable': { sign: '?', style: 'open', word: 'not testable' },
  pass: { sign: '✓', style: 'pass', word: 'passed' },
  'not-applicable': { sign: '–', style: 'na', word: 'not applicable' },
  'not-covered': { sign: '·', style: 'none', word: 'not part of this run' },
};

/** The same for a criterion of a rubric. */
export const criterionStates = {
  met: { ...marks.pass, word: 'met' },
  missed: { ...marks.fail, word: 'not met' },
  open: { ...marks['not-testable'], word: 'not judged' },
} as const;

export const operationNames: Readonly<Record<Operation, string>> = {
  discovery: 'Discovery',
  token: 'Token, registration',
  match: 'Member match',
  read: 'Read',
  search: 'Search, first page',
  everything: 'Full record, document',
  'crd.other': 'CRD hook',
  'crd.appointment-book': 'CRD hook appointment-book',
  'bulk.kickoff': 'Bulk kick-off',
  'bulk.status': 'Bulk status, manifest',
  'bulk.job': 'Bulk job',
  'bulk.file': 'Bulk file',
  'bulk.delete': 'Bulk cancel',
};
