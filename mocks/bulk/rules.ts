import { gzipSync } from 'node:zlib';
import type { Dataset, Made } from '../../fixtures/dataset.ts';
import type { Json } from '../../src/core/model.ts';
import { permits } from '../auth/scopes.ts';
import type { MockReply, MockRequest } from '../kernel/payer.ts';
import { outcome } from '../kernel/replies.ts';
import type { Job, Wanted } from './jobs.ts';

/** What can be exported, in the order in which manifests list it. */
export const exportTypes: readonly string[] = [
  'Group',
  'Patient',
  'Coverage',
  'ExplanationOfBenefit',
  'Claim',
  'Condition',
  'Observation',
  'Encounter',
  'Procedure',
  'AllergyIntolerance',
  'Immunization',
  'MedicationRequest',
  'MedicationDispense',
  'DiagnosticReport',
  'DocumentReference',
  'CarePlan',
  'CareTeam',
  'Goal',
  'Device',
  'Provenance',
  'RelatedPerson',
  'Practitioner',
  'PractitionerRole',
  'Organization',
  'Location',
  'Medication',
];

/** How a file is packed; without `encoding` nobody learns it. */
export interface Packing {
  readonly encoding?: string;
  readonly pack: (body: string) => Uint8Array<ArrayBuffer>;
}
export const gzip: Packing = { encoding: 'gzip', pack: (body) => new Uint8Array(gzipSync(body)) };

/** What this payer insists on in its exports; a behaviour replaces one rule. */
export const bulkRules = {
  /** In-progress answers before a job is done: one, and one more where several types must be gathered. */
  pollsUntilDone: (job: Job): number => ((job.wanted.types?.length ?? 0) > 2 ? 2 : 1),
  mayUseJob: (owner: string, asker: string): boolean => owner === asker,
  /** May this client read the files of that one's job? And does a job that was deleted still have some? */
  mayUseFiles: (owner: string, asker: string): boolean => owner === asker,
  mayCancel: (_job: Job, _running: boolean): boolean => true,
  servesDeleted: (_job: Job): boolean => false,
  mayExportGroup: (visible: boolean): boolean => visible,
  exportsOptedOut: (): boolean => false,
  kickoffUnauthorized: (reply: MockReply): MockReply => reply,
  /** The refusal of a kick-off without Prefer: respond-async; undefined treats it as asynchronous. */
  withoutPrefer: (): MockReply | undefined =>
    outcome({
      status: 400,
      code: 'required',
      text: 'An export runs asynchronously only. Send the header Prefer: respond-async.',
      expression: 'http.Prefer',
    }),
  /** The refusal of one job too many for this client. */
  tooBusy: (running: number): MockReply | undefined =>
    running < 25
      ? undefined
      : outcome({
          status: 429,
          code: 'throttled',
          text: 'You have too many export jobs at once. Wait for one to end, or cancel one, and try again.',
          headers: { 'retry-after': '1' },
        }),
  exportsType: (_type: string): boolean => true,
  refusesUnknownTypes: (): boolean => true,
  refuse: (reply: MockReply): MockReply => reply,
  takesExportType: (offered: readonly string[], asked: string): boolean => offered.includes(asked),
  demandsMinimumTypes: (): boolean => true,
  takesForeignPatients: (_job?: Job): boolean => false,
  scopeOf: (types: readonly string[]): readonly string[] => types,
  wantedOf: (wanted: Wanted, _request: MockRequest): Wanted => wanted,
  remarksOf: (remarks: readonly Json[]): readonly Json[] => remarks,
  /** Rows of one type as they leave; the last chance to change them. */
  rowsOf: (_type: string, rows: readonly Made[], _job: Job, _data: Dataset): readonly Made[] => rows,
  /** Whom the export leaves out now. */
  optedOutNow: (standing: ReadonlySet<string>, since: ReadonlySet<string>): ReadonlySet<string> => new Set([...standing, ...since]),
  showsDeleted: (): boolean => true,
  keepsDeleted: (): boolean => false,
  /** What the manifest says, and what the file server does. */
  saysTokenNeeded: (_job: Job): boolean => true,
  filesNeedToken: (_job: Job | undefined): boolean => true,
  /** Does the token's scope cover the type that a file holds? */
  fileWithinScope: (scopes: readonly string[], type: string): boolean => permits(scopes, type, 'r'),
  /** May anybody cancel a job? */
  cancelNeedsToken: (): boolean => true,
  /** The origin of the file server, given our own. */
  filesAt: (origin: string): string => origin,
  /** Text of a file as it leaves; undefined = the file is not there. */
  fileText: (text: string, _job: Job, _name: string): string | undefined => text,
  /** A file that is made while it is sent, in place of the honest one. */
  fileStream: (_job: Job, _name: string): ReadableStream<Uint8Array> | undefined => undefined,
  /** The last line of a file of claims, as far behind the beginning as a line can be. */
  lastLine: (line: string, _type: string, _data: Dataset): string => line,
  /** An answer before the job is done. */
  inProgress: (reply: MockReply, _job: Job): MockReply => reply,
  changedSince: (lastUpdated: string, since: string, _job: Job): boolean => Date.parse(lastUpdated) > Date.parse(since),
  transactionTimeOf: (job: Job): string => job.transactionTime,
  statusNeedsToken: (): boolean => true,
  /** Lines to one text; and how it is packed. */
  join: (lines: readonly string[]): string => (lines.length === 0 ? '' : `${lines.join('\n')}\n`),
  pack: (acceptEncoding: string, _job: Job): Packing | undefined => (/\bgzip\b/.test(acceptEncoding) ? gzip : undefined),
  filesPerType: (): number => 1,
  /** Does a finished export leave its mark on the members of the list (PDex 2.1)? */
  tracksExports: (): boolean => true,
};
export type BulkRules = typeof bulkRules;
