import { capabilityOf, hasOperation } from '../../src/core/capability.ts';
import { asArray, at, isObject, type JsonObject, type Resource } from '../../src/core/fhir.ts';
import { describeBody, fail, notTestable, pass, select, statusOf } from '../../src/core/findings.ts';
import { guides } from '../../src/core/guides.ts';
import type { Check, Evidence, Exchange, Finding, Json } from '../../src/core/model.ts';
import { asynchronous } from '../../src/core/steps.ts';
import { parseUrl } from '../../src/core/url.ts';
import { group } from '../group.ts';
import { bulkData3 } from '../sources.ts';
import { onJson } from './alter.ts';

interface Offered {
  readonly name: 'export' | 'davinci-data-export';
  readonly type: string | undefined;
  readonly exchange: Exchange;
}

/** Export operations that accepted a kick-off in this run. */
function offered(evidence: Evidence): readonly Offered[] {
  const found = new Map<string, Offered>();
  for (const exchange of select(evidence, { step: 'bulk.kickoff' })) {
    if (statusOf(exchange) !== 202) continue;
    const path = decodeURIComponent(parseUrl(exchange.request.url)?.path ?? '');
    const [, scope = '', name = ''] = /(?:\/(Group\/[^/]+|Patient))?\/\$(export|davinci-data-export)$/.exec(path) ?? [];
    const type = scope === '' ? undefined : (scope.split('/')[0] ?? '');
    if (name === 'export' || name === 'davinci-data-export') found.set(`${type} ${name}`, { name, type, exchange });
  }
  return [...found.values()];
}

/** Not offered, whatever was asked for: a refusal of another kind may be about the request. */
const isAbsent = (exchange: Exchange): boolean => [404, 405, 501].includes(statusOf(exchange));

/** The Patient export is declared, and each kick-off of it says that there is none. Of Groups the kick-off rows tell it. */
function declaredInVain(evidence: Evidence, capability: Resource): Finding | undefined {
  if (!hasOperation(capability, 'Patient', 'export')) return undefined;
  const asked = select(evidence, { step: 'bulk.kickoff', where: ({ variant }) => variant === 'declared/Patient' || variant === 'patient-level' });
  const last = asked.at(-1);
  return last && asked.every(isAbsent)
    ? fail(last, '$export on Patient working, as the CapabilityStatement declares it', describeBody(last))
    : undefined;
}

/** Every operation that works is in the CapabilityStatement, and every one there works. */
function accurate(evidence: Evidence): Finding {
  const capability = capabilityOf(evidence);
  if (!capability) return notTestable('No CapabilityStatement was read.', 'payer');
  const used = offered(evidence);
  const inVain = declaredInVain(evidence, capability);
  if (inVain) return inVain;
  if (used.length === 0) return notTestable('No export was accepted in this run.', 'not-offered');
  const missing = used.find(({ name, type }) => !hasOperation(capability, type, name));
  return missing
    ? fail(
        missing.exchange,
        `$${missing.name}${missing.type === undefined ? '' : ` on ${missing.type}`} in the CapabilityStatement, as it works`,
        'it is not declared',
      )
    : pass;
}

/** The statement without the Group export. */
const undeclared = (statement: JsonObject): Json =>
  statement['resourceType'] !== 'CapabilityStatement'
    ? statement
    : {
        ...statement,
        rest: asArray(statement['rest']).map((rest) => ({
          ...(isObject(rest) ? rest : {}),
          operation: asArray(at(rest, 'operation')).filter((each) => at(each, 'name') !== 'export'),
          resource: asArray(at(rest, 'resource')).map((resource) =>
            isObject(resource) && resource['type'] === 'Group'
              ? { ...resource, operation: asArray(resource['operation']).filter((each) => at(each, 'name') !== 'export') }
              : resource,
          ),
        })),
      };

// The export is driven again too: the verdict needs both.
const fault = { at: 'metadata', alter: onJson(undeclared), drives: ['bulk.export'] } as const;

export const capabilityChecks: readonly Check[] = group({ scenarios: asynchronous, lines: ['L1', 'L5'] }, [
  {
    id: 'cc3.bulk.capability',
    level: 'SHOULD',
    text: 'The capability statement accurately reflects the Bulk Data operations that are implemented.',
    source: bulkData3('export.html#server-capability-documentation'),
    holds: [{ ig: guides.bulk, from: '2.0.0' }],
    judge: accurate,
    faults: [
      {
        ...fault,
        name: 'does not declare the Group export that works',
        alsoFails: {
          'bulk.capability.accurate': 'the same row, SHALL from Bulk Data 3.0 on',
          'cc3.pdex.declares-all': 'the same rule for all that PDex payers offer',
        },
      },
    ],
  },
  {
    id: 'bulk.capability.accurate',
    level: 'SHALL',
    text: 'The CapabilityStatement shows the bulk operations that work.',
    source: bulkData3('export.html#server-capability-documentation'),
    holds: [{ ig: guides.bulk, from: '3.0.0' }],
    judge: accurate,
    faults: [
      {
        ...fault,
        name: 'exports Groups without declaring it',
        alsoFails: {
          'cc3.bulk.capability': 'the same row for all versions',
          'cc3.pdex.declares-all': 'the same rule for all that PDex payers offer',
        },
      },
    ],
  },
]);
