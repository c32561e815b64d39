import { randomUUID } from 'node:crypto';
import type { Json } from '../../src/core/model.ts';
import type { MockReply } from './payer.ts';

/** The few shapes that payers answer with. */

/** A FHIR resource. */
export const fhir = (resource: Json, status = 200, headers: Record<string, string> = {}): MockReply => ({
  status,
  headers: { 'content-type': 'application/fhir+json; charset=utf-8', 'x-request-id': randomUUID(), ...headers },
  body: JSON.stringify(resource),
});

/** Plain JSON. */
export const json = (value: Json, status = 200, headers: Record<string, string> = {}): MockReply => ({
  status,
  headers: { 'content-type': 'application/json', 'x-request-id': randomUUID(), ...headers },
  body: JSON.stringify(value),
});

export interface Trouble {
  readonly status: number;
  readonly code: string /** For staff: what happened and what to do. */;
  readonly text: string;
  readonly expression?: string;
  readonly headers?: Record<string, string>;
}

/** An OperationOutcome that scores full marks on our own rubric: specific, located, with a way forward and a trace id. */
export function outcome({ status, code, text, expression, headers = {} }: Trouble): MockReply {
  const trace = randomUUID();
  return fhir(
    {
      resourceType: 'OperationOutcome',
      issue: [
        {
          severity: 'error',
          code,
          details: { text },
          // Some clients show diagnostics only.
          diagnostics: `${text} (trace ${trace})`,
          ...(expression === undefined ? {} : { expression: [expression] }),
        },
      ],
    },
    status,
    { 'x-request-id': trace, ...headers },
  );
}
