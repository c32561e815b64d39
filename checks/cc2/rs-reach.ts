import { type Control, decided, honest, refusedBeside, sameKind, sameRequest } from '../../src/core/controls.ts';
import { asArray, asString, jsonOf, at as pick } from '../../src/core/fhir.ts';
import { fail, headerOf, notApplicable, pass, reasonIn, select, statusOf } from '../../src/core/findings.ts';
import type { Check, Evidence, Exchange, Probe } from '../../src/core/model.ts';
import { fhirApi } from '../../src/core/steps.ts';
import { emptySearchset, when, whenAsked } from '../alter.ts';
import { allOf, declaresOperation } from '../applies.ts';
import { group } from '../group.ts';
import { rfc, smart } from '../sources.ts';
import { backendServices, declaresBatch, takesTokens } from './applies.ts';
import { challengesOf, resourcesIn } from './documents.ts';
import { narrowBatch, narrowEverything, narrowHas, otherScheme } from './resource-server-probes.ts';
import { narrowed } from './rs-scope.ts';

/** Ways round a scope: each asks for what the token does not cover by a road that a careless server does not watch. */

const at = ({ step, id }: Probe) => ({ step, probe: id }) as const;
const served = (exchange: Exchange): boolean => statusOf(exchange) === 200;

/** Types that came back, of resources and of those inside the answers of a batch. */
function typesIn(exchange: Exchange): readonly string[] {
  const inner = asArray(pick(jsonOf(exchange.response), 'entry')).flatMap((entry) =>
    asArray(pick(entry, 'resource', 'entry')).flatMap((each) => asString(pick(each, 'resource', 'resourceType')) ?? []),
  );
  return [...new Set([...resourcesIn(exchange), ...inner])].filter((type) => !['Bundle', 'OperationOutcome'].includes(type));
}

/** Nothing but Patient may come back. */
const onlyPatient = (exchange: Exchange) => {
  const leaked = typesIn(exchange).filter((type) => type !== 'Patient');
  return leaked.length === 0
    ? (decided(exchange) ?? pass)
    : fail(exchange, 'nothing but Patient for a token of system/Patient.rs', `${leaked.join(', ')} came back`);
};

/** The same request with the token of everything. */
const wideHas: Control = honest({ step: 'search', variant: 'has' });

const batchAnswer = JSON.stringify({
  resourceType: 'Bundle',
  type: 'batch-response',
  entry: [{ resource: { resourceType: 'Basic', id: 'leaked', code: { text: 'anything but a Patient' } }, response: { status: '200 OK' } }],
});

export const reachChecks: readonly Check[] = group({ scenarios: fhirApi, lines: ['L3'], source: smart('backend-services.html#step-4-fhir-api') }, [
  {
    id: 'cc2.rs.scope-everything',
    level: 'SHALL',
    text: 'A token for one type opens no other by $everything: the server checks that the scope covers what is asked for.',
    applies: allOf(backendServices, narrowed, declaresOperation('Patient', 'everything')),
    probes: [narrowEverything],
    judge: refusedBeside([at(narrowEverything)], sameKind, onlyPatient, served),
    faults: [{ name: 'gives the whole record to a token for Patient alone', at: 'everything', behaviour: 'gives-everything-to-any-token' }],
  },
  {
    id: 'cc2.rs.scope-batch',
    level: 'SHALL',
    text: 'A token for one type opens no other by a batch: each entry is held against the scope.',
    applies: allOf(backendServices, narrowed, declaresBatch),
    probes: [narrowBatch],
    judge: refusedBeside([at(narrowBatch)], honest({ step: 'operation', variant: 'batch' }), onlyPatient, (exchange) => typesIn(exchange).length > 0),
    faults: [
      {
        name: 'does not look at the scope inside a batch',
        at: ['metadata', 'operation'],
        drives: ['resource-server'],
        alter: (response, request) => {
          if (request.method === 'POST' && /"type":"batch"/.test(request.body ?? '')) return { ...response, status: 200, body: batchAnswer };
          return /\/metadata/.test(request.url)
            ? { ...response, body: response.body.replace(/"rest":\[\{/, '"rest":[{"interaction":[{"code":"batch"}],') }
            : response;
        },
      },
    ],
  },
  {
    id: 'cc2.rs.scope-has',
    level: 'SHOULD',
    text: 'A search by what resources of another type say (_has) is not answered for a token that does not cover that type.',
    applies: allOf(backendServices, narrowed),
    probes: [narrowHas],
    judge: (evidence: Evidence) => {
      const [control] = select(evidence, { step: 'search', variant: 'has' });
      // Who overlooks _has, or refuses it, has nothing to tell by it.
      if (control && statusOf(control) < 500 && (statusOf(control) >= 400 || resourcesIn(control).length > 0))
        return notApplicable('The payer does not search by _has.');
      return refusedBeside([at(narrowHas)], wideHas, (exchange) =>
        served(exchange) && resourcesIn(exchange).length === 0
          ? fail(exchange, 'a refusal, or _has left out of the self link', 'the answer was chosen by Observations that the token does not cover')
          : (decided(exchange) ?? pass),
      )(evidence);
    },
    faults: [{ name: 'searches by Observations that the token does not cover', at: 'search', alter: whenAsked(/_has/, emptySearchset) }],
  },
  {
    id: 'cc2.rs.other-scheme',
    level: 'SHOULD',
    lines: ['L3', 'L7'],
    text: 'An Authorization header of another scheme than Bearer opens nothing and is answered with 401 and a Bearer challenge.',
    source: rfc(6750, '2012', '3'),
    applies: takesTokens,
    probes: [otherScheme],
    judge: refusedBeside(
      [at(otherScheme)],
      sameRequest,
      (exchange) => {
        if (served(exchange) && resourcesIn(exchange).length > 0)
          return fail(exchange, 'a refusal: a password that nobody issued', 'data, with an Authorization header that holds no token');
        const challenged = challengesOf(headerOf(exchange, 'www-authenticate')).some(({ scheme }) => scheme === 'bearer');
        return statusOf(exchange) === 401 && challenged
          ? pass
          : fail(
              exchange,
              'status 401 with a Bearer challenge',
              `status ${statusOf(exchange)}${reasonIn(exchange)}${challenged ? '' : ' without a Bearer challenge'}`,
            );
      },
      served,
    ),
    faults: [
      {
        name: 'does not know what to do with another scheme than Bearer',
        at: 'read',
        alter: when(
          ({ headers }) => /^basic /i.test(headers['authorization'] ?? ''),
          (response) => ({ ...response, status: 400 }),
        ),
      },
    ],
  },
]);
