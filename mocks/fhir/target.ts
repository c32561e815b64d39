import { asString, at } from '../../src/core/fhir.ts';
import type { MemberRole, Target } from '../../src/core/model.ts';
import type { Setting } from '../kernel/area.ts';

/** What the operator of this payer would write into the target file: ground truth that the wire does not show. */
export function fhirTarget({ data }: Setting): Partial<Target> {
  const holds = (id: string) =>
    Object.fromEntries(
      [...data.byPatient].flatMap(([type, ofType]) => (ofType.has(id) ? [[type, (ofType.get(id) ?? []).map((each) => each.id)]] : [])),
    );
  const people = (['known', 'largeRecord'] as const satisfies readonly MemberRole[]).map((role) => [role, { holds: holds(data.roles[role]) }]);
  const [deleted = ''] = data.deleted;
  const nonAscii = data.resources.get(`Patient/${data.roles.nonAscii}`);
  return {
    // the match area names these people; holdings are added to them when the parts are merged
    members: Object.fromEntries(people) as NonNullable<Target['members']>,
    guides: {
      'hl7.fhir.us.core': '6.1.0',
      'hl7.fhir.us.carin-bb': '2.0.0',
      'hl7.fhir.uv.smart-app-launch': '2.2.0',
    },
    knownResources: {
      deleted,
      nonAscii: `Patient/${data.roles.nonAscii}`,
      nonAsciiText: asString(at(nonAscii, 'name', 0, 'family')) ?? '',
    },
  };
}
