import { asArray, asString, at, jsonOf, literalReference, parameterOf } from '../../src/core/fhir.ts';
import { fail, notTestable, pass, select } from '../../src/core/findings.ts';
import type { Check, Evidence, Finding, Json } from '../../src/core/model.ts';
import { type Seen, seenIn } from '../../src/core/seen.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { group } from '../group.ts';
import { hrex } from '../sources.ts';
import { memberIdentifierIn } from './answers.ts';
import { knownQuestion, offersMemberMatch, whenMatching } from './applies.ts';

/** Is the member who was found the one who was asked about? The record is compared with what the provider sent. */

const names = (patient: Json | undefined, part: 'family' | 'given'): readonly string[] =>
  asArray(at(patient, 'name'))
    .flatMap((name) => [at(name, part)].flat())
    .flatMap((each) => asString(each)?.toLowerCase().split(/\s+/) ?? []);

/** Both say something, and nothing of it is the same. */
const apart = (a: readonly string[], b: readonly string[]): boolean => a.length > 0 && b.length > 0 && !a.some((each) => b.includes(each));

const numbers = (patient: Json | undefined): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, readonly string[]>();
  for (const each of asArray(at(patient, 'identifier'))) {
    const [system, value] = [asString(at(each, 'system')), asString(at(each, 'value'))];
    if (system !== undefined && value !== undefined) found.set(system, [...(found.get(system) ?? []), value]);
  }
  return found;
};

/**
 * In what two records contradict each other, so that they cannot be one person: another birth date, or another given name together with another family name or
 * another number of the same system. One name that differs may be a nickname, a marriage or the payer's own spelling.
 */
export function contradiction(sent: Json | undefined, found: Json | undefined): string | undefined {
  const [born, is] = [asString(at(sent, 'birthDate')), asString(at(found, 'birthDate'))];
  if (born?.length === 10 && is?.length === 10 && born !== is) return `birth date ${is}, asked was ${born}`;
  if (!apart(names(sent, 'given'), names(found, 'given'))) return undefined;
  if (apart(names(sent, 'family'), names(found, 'family'))) return 'another given and another family name';
  const theirs = numbers(found);
  const odd = [...numbers(sent)].find(([system, values]) => apart(values, theirs.get(system) ?? []));
  return odd && `another given name, and another number of ${odd[0]}`;
}

/** Patients of the run that the match points to, by MemberId or by the number that it gives. */
function patientsMeant(evidence: Evidence): readonly Seen[] {
  const [match] = select(evidence, knownQuestion);
  if (!match) return [];
  const id = literalReference(at(parameterOf(jsonOf(match.response), 'MemberId'), 'valueReference', 'reference'));
  const { system, value } = memberIdentifierIn(match);
  const carries = (patient: Json) =>
    asArray(at(patient, 'identifier')).some((each) => at(each, 'value') === value && (system === undefined || at(each, 'system') === system));
  return [...seenIn(evidence)].flatMap(([key, all]) =>
    key.startsWith('Patient/') ? all.filter((seen) => key === id || (id === undefined && value !== undefined && carries(seen.resource))) : [],
  );
}

function rightPerson(evidence: Evidence): Finding {
  const sent = evidence.target.members.known?.patient;
  const meant = patientsMeant(evidence).filter(({ resource }) => resource['birthDate'] !== undefined || resource['name'] !== undefined);
  if (meant.length === 0) return notTestable('The Patient that the match leads to was not given in this run, so nobody knows who it is.', 'payer');
  for (const { exchange, resource } of meant) {
    const odd = contradiction(sent, resource);
    if (odd !== undefined)
      return fail(
        exchange,
        'the person whom the provider asked about',
        `disclosed: the match leads to Patient/${asString(resource['id'])} with ${odd}`,
      );
  }
  return pass;
}

export const rightPersonChecks: readonly Check[] = group({ scenarios: fhirApi, applies: offersMemberMatch }, [
  {
    id: 'id.mm.right-person',
    level: 'SHALL',
    lines: ['L4'],
    text: 'The member that a match identifies is the person who was asked about: the Patient found carries the demographics that were sent.',
    source: hrex('OperationDefinition-member-match.html'),
    judge: whenMatching(rightPerson),
    faults: [{ name: 'answers for another member, consistently', at: 'member-match', behaviour: 'answers-for-a-neighbour' }],
  },
]);
