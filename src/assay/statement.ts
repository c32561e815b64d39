import { capabilityOf } from '../core/capability.ts';
import { asObject, asString, at } from '../core/fhir.ts';
import type { Run } from '../core/model.ts';
import type { PlanGrade } from '../plan/grade.ts';
import { sha256 } from './digest.ts';
import type { Tries } from './tries.ts';
import type { Member } from './zip.ts';

/** The first thing that is signed: an in-toto Statement (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md) about all other members. */
export interface Statement {
  readonly _type: 'https://in-toto.io/Statement/v1';
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly predicateType: typeof predicateType;
  readonly predicate: {
    /** Who ran, and for whom, as they say themselves. */
    readonly by: string | null;
    readonly for: string | null;
    readonly product: { readonly name: string; readonly software: string | null; readonly version: string | null };
    readonly bases: readonly string[];
    readonly plan: { readonly name: string; readonly sha256: string; readonly status: PlanGrade['status'] };
    readonly word: PlanGrade['word'];
    readonly run: { readonly startedAt: string; readonly finishedAt: string; readonly exchanges: string };
    readonly validUntil: string;
    readonly tool: Run['tool'];
    /** Of the certifier: it stands in the requests of the run (X-Request-Id). */
    readonly challenge: string | null;
    readonly tries: Tries;
    readonly evidence: 'full' | 'pseudonymised' | 'hashes';
  };
}

export const predicateType = 'https://payer-assay.dev/grade/v1';

export interface Said {
  readonly by?: string;
  readonly for?: string;
}

export function statementOf(run: Run, grade: PlanGrade, members: readonly Member[], said: Said, tries: Tries, exchanges: string): Statement {
  const { target } = run;
  const software = asObject(at(capabilityOf({ exchanges: run.exchanges, target, blocked: [] }), 'software'));
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: members.map(({ name, bytes }) => ({ name, digest: { sha256: sha256(bytes) } })),
    predicateType,
    predicate: {
      by: said.by ?? null,
      for: said.for ?? null,
      product: { name: target.name, software: asString(software['name']) ?? null, version: asString(software['version']) ?? null },
      bases: [target.fhir?.base, target.cds?.base, target.directory?.base].flatMap((each) => each ?? []),
      plan: { name: grade.name, sha256: grade.planSha256, status: grade.status },
      word: grade.word,
      run: { startedAt: run.startedAt, finishedAt: run.finishedAt, exchanges },
      validUntil: grade.validUntil,
      tool: run.tool,
      challenge: run.challenge ?? null,
      tries,
      evidence: target.evidence ?? 'pseudonymised',
    },
  };
}
