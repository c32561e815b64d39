import type { Made } from '../../fixtures/dataset.ts';
import type { Json } from '../../src/core/model.ts';
import type { PayerState } from '../kernel/payer.ts';

/** What was asked for, after the kick-off was read. */
export interface Wanted {
  readonly types?: readonly string[];
  readonly typeFilters: readonly string[];
  readonly elements?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  /** Patient ids. */
  readonly patients?: readonly string[];
  readonly exportType?: string;
  readonly associated: readonly string[];
  readonly organizedBy?: string;
  readonly partialManifests: boolean;
}

export interface Job {
  readonly id: string;
  readonly clientId: string;
  readonly organization: string;
  /** Resource types that the token allows. */
  readonly scope: readonly string[];
  /** The kick-off URL in full. */
  readonly request: string;
  readonly level: 'system' | 'patient' | 'group';
  readonly groupId?: string;
  readonly operation: '$export' | '$davinci-data-export';
  readonly wanted: Wanted;
  /** OperationOutcomes for the error files. */
  readonly remarks: readonly Json[];
  readonly separateStatus: boolean;
  readonly transactionTime: string;
  polls: number;
  cancelled: boolean;
  /** Rows by type, once the job has run. */
  content?: ReadonlyMap<string, readonly Made[]>;
}

interface BulkMemory {
  readonly jobs: Map<string, Job>;
  next: number;
  /** What the operator's switches changed: instants by `Type/id`, and Patients who opted out. */
  readonly changed: Map<string, string>;
  readonly removed: Map<string, string>;
  readonly optedOut: Set<string>;
}

export const bulkMemory = (payer: PayerState): BulkMemory =>
  payer.memory('bulk', () => ({ jobs: new Map(), next: 1, changed: new Map(), removed: new Map(), optedOut: new Set<string>() }));

/** The job behind a status URL, for the client that started it only. */
export function jobFor(payer: PayerState, id: string, clientId: string): Job | undefined {
  const job = bulkMemory(payer).jobs.get(id);
  return job && !job.cancelled && payer.rules.mayUseJob(job.clientId, clientId) ? job : undefined;
}

/** How far a job is, 0-1; counted in polls rather than by the clock, so that no test must wait. */
export function progressOf(job: Job, payer: PayerState): number {
  const needed = payer.rules.pollsUntilDone(job);
  return needed === 0 ? 1 : Math.min(1, (job.polls - 1) / needed);
}
