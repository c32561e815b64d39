import { capabilityOf, resourceEntry, resourcesOf } from '../core/capability.ts';
import { asArray, asString, at, entriesOf, jsonOf } from '../core/fhir.ts';
import type { Exchange } from '../core/model.ts';
import { missing, type Scene, type Shown, shown } from './shown.ts';

/** Facts about what the answers hold, as against that something was answered. */

const isServed = ({ response }: Exchange): boolean => response !== null && response.status >= 200 && response.status < 300;
const capability = ({ run }: Scene) => capabilityOf({ exchanges: run.exchanges, target: run.target, blocked: [] });

/** Resource types among the rows of all exports, whole records and reads. */
const exportedTypes = ({ run }: Scene): ReadonlySet<string> =>
  new Set(run.exchanges.filter(isServed).flatMap(({ facts }) => Object.keys(facts?.['file.types'] ?? {})));

export function claimsAmongRows(scene: Scene): Shown {
  const types = exportedTypes(scene);
  const found = ['ExplanationOfBenefit', 'Claim', 'ClaimResponse'].filter((each) => types.has(each));
  if (found.length > 0) return shown(`rows of ${found.join(', ')}`);
  return types.size === 0 ? missing('not asked', 'no exported row was read') : missing('not shown', `only ${[...types].join(', ')} among the rows`);
}

/** Whichever resource the payer uses for it, FHIR marks it the same way (http://hl7.org/fhir/claim-use). */
export function priorAuthorizations({ run }: Scene): Shown {
  const rows = run.exchanges.filter((each) => each.step === 'bulk.file' && each.probe === undefined && isServed(each));
  const found = rows.find(({ response }) => /"use"\s*:\s*"preauthorization"/.test(response?.body ?? ''));
  if (found) return shown('a row has use "preauthorization"', found);
  return rows.length === 0
    ? missing('not asked', 'no exported row was read')
    : missing('not shown', `no stored row of ${rows.length} files has use "preauthorization"`);
}

/** Types that can be searched by patient must each be there for somebody. */
export function declaredTypes(scene: Scene): Shown {
  const statement = capability(scene);
  if (!statement) return missing('not shown', 'no CapabilityStatement was read');
  const declared = resourcesOf(statement).flatMap((each) => {
    const byPatient = asArray(each['searchParam']).some((one) => at(one, 'name') === 'patient');
    return byPatient ? (asString(each['type']) ?? []) : [];
  });
  const seen = new Set(exportedTypes(scene));
  for (const each of scene.run.exchanges)
    if (isServed(each) && (each.step === 'search' || each.step === 'everything' || each.step === 'read')) {
      const body = jsonOf(each.response);
      for (const type of [at(body, 'resourceType'), ...entriesOf(body).map(({ resource }) => resource?.resourceType)])
        if (typeof type === 'string') seen.add(type);
    }
  const without = declared.filter((type) => !seen.has(type));
  if (declared.length === 0) return missing('not offered', 'the CapabilityStatement declares no type that can be searched by patient');
  return without.length === 0
    ? shown(`${declared.length} declared types, a resource of each`)
    : missing('not shown', `no resource of ${without.join(', ')}, which the payer declares`);
}

/** C4BB profiles that the payer declares for its claims, each borne by a claim. */
export function declaredClaims(scene: Scene): Shown {
  const declared = asArray(resourceEntry(capability(scene), 'ExplanationOfBenefit')?.['supportedProfile'])
    .flatMap((each) => asString(each)?.split('|')[0] ?? [])
    .filter((each) => /\/carin-bb\/StructureDefinition\/C4BB-ExplanationOfBenefit-/.test(each));
  if (declared.length === 0) return missing('not offered', 'the CapabilityStatement declares no C4BB profile of a kind of claim');
  const bodies = scene.run.exchanges
    .filter(isServed)
    .flatMap(({ step, response }) => (/^(search|bulk\.file|everything|read)$/.test(step) ? (response?.body ?? '') : []));
  const without = declared.filter((profile) => !bodies.some((body) => body.includes(`"${profile}"`) || body.includes(`"${profile}|`)));
  return without.length === 0
    ? shown(`${declared.length} declared kinds of claims, one of each`)
    : missing('not shown', `no claim bears ${without.map((each) => each.split('/').at(-1)).join(', ')}, which the payer declares`);
}
