import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { createDataset } from '../../fixtures/dataset.ts';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { isObject, isResource } from '../../src/core/fhir.ts';
import type { Evidence, Issue, Json } from '../../src/core/model.ts';
import { drive } from '../../src/run/drive.ts';
import { openSession } from '../../src/run/session.ts';
import { claimsOf, createValidator, type Validator } from '../../src/validation/port.ts';
import { suites } from '../../suites/index.ts';

/** The guides lie beside the project in development; without them only base R4 and US Core 5.0.1 judge. */
const guides = [
  'hl7.fhir.us.core-3.1.1',
  'hl7.fhir.us.core-6.1.0',
  'hl7.fhir.us.carin-bb-2.0.0',
  'hl7.fhir.us.davinci-pdex-2.0.0',
  'hl7.fhir.us.davinci-pdex-plan-net-1.1.0',
  'hl7.fhir.us.davinci-crd-2.0.1',
]
  .map((name) => `../shared/igs/${name}.tgz`)
  .filter((path) => existsSync(path));
const validator: Validator = createValidator({ packages: guides });

/**
 * CRD 2.0.1 publishes crd-ci-q2 with where() for exists(): its expression is empty, so not true, for every not-covered order, though its text asks
 * what our payer does. The HL7 engine reports it as well.
 */
const guideDefect = 'invariant.crd-ci-q2';

const errors = (issues: readonly Issue[]): readonly string[] =>
  issues
    .filter((each) => each.severity === 'error' && each.rule !== guideDefect)
    .map((each) => `${each.rule} ${each.expression}: ${each.text} (${each.profile ?? ''})`);

let embedded: Embedded;
let evidence: Evidence;
before(async () => {
  embedded = await startEmbedded();
  const session = openSession(embedded.target, embedded.secrets);
  evidence = await drive({ target: embedded.target, suites, ...session });
  session.close();
});
after(() => embedded.close());

test('every resource of the synthetic data set follows R4 and the profiles it claims', () => {
  const wrong: string[] = [];
  for (const resource of createDataset(1, 20).resources.values())
    wrong.push(...errors(validator.validate(resource, claimsOf(resource))).map((each) => `${resource.resourceType}/${resource.id} ${each}`));
  assert.deepEqual(wrong, []);
});

test('every honest answer of the embedded payer is valid', () => {
  const judged = evidence.exchanges.filter((each) => each.probe === undefined && each.issues !== undefined);
  assert.ok(judged.length > 30, `only ${judged.length} answers were validated`);
  const wrong = judged.flatMap((each) =>
    errors(each.issues ?? []).map((error) => `${each.step} ${each.variant ?? ''} ${each.request.method} ${each.request.url}: ${error}`),
  );
  assert.deepEqual(wrong, []);
});

test('every FHIR resource that we send is valid, also inside CDS requests', () => {
  const wrong: string[] = [];
  let seen = 0;
  for (const exchange of evidence.exchanges.filter((each) => each.probe === undefined && each.request.body !== undefined)) {
    for (const resource of resourcesIn(parse(exchange.request.body ?? ''))) {
      seen++;
      wrong.push(...errors(validator.validate(resource, claimsOf(resource))).map((each) => `${exchange.step} ${exchange.variant ?? ''}: ${each}`));
    }
  }
  assert.ok(seen > 5, `only ${seen} resources were sent`);
  assert.deepEqual([...new Set(wrong)], []);
});

/** Outermost resources anywhere in a JSON body. */
function resourcesIn(value: Json | undefined): readonly Json[] {
  if (isResource(value)) return [value];
  if (Array.isArray(value)) return value.flatMap((each) => resourcesIn(each as Json));
  return isObject(value) ? Object.values(value).flatMap(resourcesIn) : [];
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
