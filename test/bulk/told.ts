import { checks } from '../../checks/index.ts';
import { findingOf } from '../../src/core/judge.ts';
import type { Evidence, ExportName, Finding, Json, Target } from '../../src/core/model.ts';
import { evidence, type Told } from '../core/sample.ts';

/** Exports told by hand, as the client would have recorded them. */

export const base = 'https://payer.example/fhir';
const own = `${base}/Group/g-1/$export`;

export interface ToldExport {
  readonly variant: ExportName;
  readonly query?: string;
  /** POST with these parameters. */
  readonly posted?: Readonly<Record<string, string>>;
  readonly url?: string;
  readonly refused?: Pick<Told, 'status' | 'body'>;
  /** Rows of each output file by type; a number is the status that came instead of the file. */
  readonly files?: Readonly<Record<string, readonly Json[] | number>>;
  readonly errors?: readonly Json[] | number;
  readonly manifest?: Readonly<Record<string, Json>>;
}

export type ToldFacts = Told;

const parameters = (posted: Readonly<Record<string, string>>) => ({
  resourceType: 'Parameters',
  parameter: Object.entries(posted).map(([name, value]) => ({
    name,
    ...(name === 'patient' ? { valueReference: { reference: value } } : { valueString: value }),
  })),
});

/** Kick-off, the poll that ended it, and the files. */
export function exported(told: ToldExport): readonly ToldFacts[] {
  const { variant, query = '', posted, refused, files = {}, errors } = told;
  const url = `${told.url ?? own}${query === '' ? '' : `?${query}`}`;
  const job = `${base}/jobs/${variant.replace('/', '-')}`;
  const kickoff = { step: 'bulk.kickoff', variant, url, ...(posted ? { method: 'POST', asked: parameters(posted) } : {}) } as const;
  if (refused) return [{ ...kickoff, ...refused }];
  const file = (kind: string, type: string) => `${job}/${kind}/${type}.ndjson`;
  const all = [
    ...Object.entries(files).map(([type, rows]) => ({ kind: 'output', type, rows })),
    ...(errors === undefined ? [] : [{ kind: 'error', type: 'OperationOutcome', rows: errors }]),
  ];
  const items = (kind: string): Json => all.filter((each) => each.kind === kind).map(({ type }) => ({ type, url: file(kind, type) }));
  const manifest = {
    transactionTime: '2026-01-05T08:00:00Z',
    request: url,
    requiresAccessToken: true,
    output: items('output'),
    error: items('error'),
    ...told.manifest,
  };
  return [
    { ...kickoff, status: 202, headers: { 'content-location': job } },
    {
      step: 'bulk.status',
      variant,
      url: job,
      body: manifest,
      headers: { 'content-type': 'application/json', expires: 'Wed, 01 Jan 2098 00:00:00 GMT' },
    },
    ...all.map(
      ({ kind, type, rows }): ToldFacts => ({
        ...{ step: 'bulk.file', variant, url: file(kind, type) },
        facts: {
          'file.kind': kind,
          'file.type': type,
          ...(typeof rows === 'number' ? {} : { 'file.lines': rows.length, 'file.types': { [type]: rows.length } }),
        },
        headers: { 'content-type': 'application/fhir+ndjson' },
        ...(typeof rows === 'number' ? { status: rows } : { body: rows.map((row) => JSON.stringify(row)).join('\n') }),
      }),
    ),
  ];
}

/** A run that holds these answers and nothing else, of a payer that declares exports of Groups. */
export function run(told: readonly ToldFacts[], about: Partial<Target> = {}): Evidence {
  const operation = [{ name: 'export', definition: 'http://hl7.org/fhir/uv/bulkdata/OperationDefinition/group-export' }];
  const statement = { resourceType: 'CapabilityStatement', rest: [{ mode: 'server', resource: [{ type: 'Group', operation }] }] };
  const all: readonly ToldFacts[] = [{ step: 'metadata', body: statement }, ...told];
  return evidence(all, { auth: { kind: 'udap' }, guides: { 'hl7.fhir.uv.bulkdata': '3.0.0' }, ...about } as Partial<Target>);
}

export function verdictOf(id: string, history: Evidence): Finding {
  const check = checks.find((each) => each.id === id);
  if (!check) throw new Error(`There is no requirement ${id}.`);
  return findingOf(check, history);
}
