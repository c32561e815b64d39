import { patientMatch } from '../../src/client/requests/match.ts';
import { hasOperation } from '../../src/core/capability.ts';
import { honest, refusedBeside } from '../../src/core/controls.ts';
import { at, isResource } from '../../src/core/fhir.ts';
import { describeBody, fail, notTestable, pass, statusOf } from '../../src/core/findings.ts';
import type { Check, Expected, Json, Known, Probe, RequestSpec } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { refuse, when } from '../alter.ts';
import { group } from '../group.ts';
import { useCase } from '../sources.ts';
import { offersMatch } from './applies.ts';
import { matchBundle, matchesIn } from './matches.ts';

/** Questions to Patient/$match that ask for nobody in particular, or are of the wrong type. */

const tooLittle: Expected = {
  status: [422, 400],
  codes: ['required', 'invalid', 'invariant', 'value', 'business-rule', 'incomplete', 'too-costly'],
  names: ['resource', 'Patient', 'name', 'birth', 'identifier'],
  action: 'correct',
};

const probe = (id: string, expected: Expected | undefined, make: (base: string, known: Known) => RequestSpec | string): Probe => ({
  id: `match.${id}`,
  step: 'match',
  suite: 'match',
  ...(expected === undefined ? {} : { expected }),
  request: (known) => {
    const { base, capability } = known;
    if (base === undefined) return 'no FHIR base URL is known';
    return isResource(capability) && hasOperation(capability, 'Patient', 'match') ? make(base, known) : 'the payer declares no Patient/$match';
  },
});

const nobody = probe('nobody', tooLittle, (base) => patientMatch(base, { resourceType: 'Patient' }, { count: 3 }));
const genderAlone = probe('gender-alone', tooLittle, (base, { target }) => {
  const gender = at(target.members.known?.patient, 'gender') ?? 'female';
  return patientMatch(base, { resourceType: 'Patient', gender }, { count: 3 });
});
/** No `expected`: a payer may overlook what it cannot read, or say so. */
const countInWords = probe('count-in-words', undefined, (base, { target }) => {
  const spec = patientMatch(base, target.members.known?.patient ?? { resourceType: 'Patient' });
  const body = JSON.parse(spec.body ?? '{}') as { readonly parameter: readonly Json[] };
  return { ...spec, body: JSON.stringify({ ...body, parameter: [...body.parameter, { name: 'count', valueString: 'all' }] }) };
});

const selectors = (...probes: readonly Probe[]) => probes.map(({ id }) => ({ step: 'match', probe: id }) as const);
const known = honest({ step: 'match', variant: 'known' });

export const matchInputChecks: readonly Check[] = group({ scenarios: fhirApi, applies: offersMatch }, [
  {
    id: 'id.match.enough-input',
    level: 'FAST',
    lines: ['L3', 'L4'],
    text: 'A match that asks for nobody in particular (no data, or a gender alone) brings nobody.',
    source: useCase('Scenario 1 line 4'),
    probes: [nobody, genderAlone],
    judge: refusedBeside(
      selectors(nobody, genderAlone),
      known,
      (exchange) => {
        if (statusOf(exchange) >= 500) return notTestable(`The payer broke down instead of deciding: ${describeBody(exchange)}.`, 'payer');
        const found = matchesIn(exchange).length;
        return found === 0 ? pass : fail(exchange, 'a refusal, or no Patient', `disclosed: ${found} Patients for a question that names nobody`);
      },
      (exchange) => matchBundle(exchange) !== undefined && matchesIn(exchange).length > 0,
    ),
    faults: [{ name: 'matches everybody of a gender', at: 'match', behaviour: 'matches-with-little' }],
  },
  {
    id: 'id.match.wrong-type',
    level: 'FAST',
    lines: ['L7'],
    text: "A parameter of the wrong type is overlooked or refused as the client's mistake, never answered with a breakdown.",
    source: useCase('Scenario 1 line 7'),
    probes: [countInWords],
    judge: refusedBeside(selectors(countInWords), known, (exchange) =>
      statusOf(exchange) >= 500 ? fail(exchange, 'status 200, or a 4xx status that says what is wrong', describeBody(exchange)) : pass,
    ),
    faults: [
      {
        name: 'falls over a count that is no number',
        at: 'match',
        alter: when(
          ({ body }) => body?.includes('"valueString":"all"') === true,
          refuse(500, 'exception', 'Something went wrong here. Try again, or contact support.'),
        ),
      },
    ],
  },
]);
