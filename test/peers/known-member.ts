import assert from 'node:assert/strict';
import type { Dataset } from '../../fixtures/dataset.ts';
import type { TargetMember } from '../../src/core/model.ts';

/** A peer that offers no member match: the operator tells the harness whom to ask for. */
export function knownMember({ resources, byPatient, roles }: Dataset): TargetMember {
  const patient = resources.get(`Patient/${roles.known}`);
  const [coverage] = byPatient.get('Coverage')?.get(roles.known) ?? [];
  assert.ok(patient && coverage);
  const holds = Object.fromEntries([...byPatient].map(([type, members]) => [type, (members.get(roles.known) ?? []).map((each) => each.id)]));
  return { patient, coverage, patientId: roles.known, holds };
}
