import type { Dataset } from '../../fixtures/dataset.ts';
import { asArray, asString, at, type JsonObject } from '../../src/core/fhir.ts';
import type { TargetMember } from '../../src/core/model.ts';

/** One payer, one identity: what its FHIR API says of itself. */
export function identityOf({ ground: { payer } }: Dataset): { readonly name: string; readonly system: string; readonly value: string } {
  const identifier = asArray(payer['identifier'])[0];
  return { name: String(payer['name']), system: asString(at(identifier, 'system')) ?? '', value: asString(at(identifier, 'value')) ?? '' };
}

/** Does the coverage name this payer, by identifier, by reference to its Organization, or by name? A coverage that names nobody may be ours. */
export function namesUs(coverage: JsonObject, data: Dataset): boolean {
  const us = identityOf(data);
  const payor = asArray(coverage['payor'])[0];
  const value = asString(at(payor, 'identifier', 'value'));
  if (value !== undefined) return value === us.value;
  const reference = asString(at(payor, 'reference'));
  if (reference?.endsWith(`Organization/${data.ground.payer.id}`) === true) return true;
  const name = asString(at(payor, 'display'));
  return name === undefined ? reference === undefined || isMember(coverage, data) : name.toLowerCase() === us.name.toLowerCase();
}

const indexes = new WeakMap<Dataset, ReadonlyMap<string, string>>();

/** Card numbers that this payer has given out, and to whom. */
function cardNumbers(data: Dataset): ReadonlyMap<string, string> {
  const known = indexes.get(data);
  if (known) return known;
  const numbers = new Map<string, string>();
  for (const resource of data.resources.values())
    if (resource.resourceType === 'Coverage')
      for (const number of numbersOn(resource)) numbers.set(number, data.owner.get(`Coverage/${resource.id}`) ?? '');
  indexes.set(data, numbers);
  return numbers;
}

function numbersOn(coverage: JsonObject): readonly string[] {
  const identifiers = asArray(coverage['identifier']).flatMap((each) => asString(at(each, 'value')) ?? []);
  return [...identifiers, ...(asString(coverage['subscriberId']) === undefined ? [] : [String(coverage['subscriberId'])])];
}

/** Do we insure whoever holds this card? */
export const isMember = (coverage: JsonObject, data: Dataset): boolean => numbersOn(coverage).some((number) => cardNumbers(data).has(number));

/** Something on file that may spare the clinician the order: the member's newest stored document. */
export function earlierResult(coverages: readonly JsonObject[], data: Dataset): string | undefined {
  const owner = coverages
    .flatMap(numbersOn)
    .map((number) => cardNumbers(data).get(number))
    .find((each) => each !== undefined);
  return owner === undefined ? undefined : data.byPatient.get('Binary')?.get(owner)?.[0]?.id;
}

/** The coverage has been cancelled or has ended before this day (YYYY-MM-DD). */
export function hasEnded(coverage: JsonObject, day: string): boolean {
  const end = asString(at(coverage, 'period', 'end'));
  return coverage['status'] === 'cancelled' || (end !== undefined && end.slice(0, 10) < day);
}

/** The known member with a card that ran out: for the target file that fits this payer. */
export function endedMember({ byPatient, resources, roles }: Dataset): TargetMember {
  const [coverage] = byPatient.get('Coverage')?.get(roles.known) ?? [];
  const patient = resources.get(`Patient/${roles.known}`);
  if (!coverage || !patient) throw new Error('The known member of the data set has no Patient or no Coverage.');
  return { patient, coverage: { ...coverage, status: 'cancelled', period: { start: '2022-01-01', end: '2023-12-31' } } };
}
