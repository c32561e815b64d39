import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createDataset } from '../../fixtures/dataset.ts';
import { asArray, asString, at } from '../../src/core/fhir.ts';
import { createValidator } from '../../src/validation/port.ts';

const folder = join(import.meta.dirname, '../../../shared/igs');
const packages = ['hl7.fhir.us.core-6.1.0.tgz', 'hl7.fhir.us.carin-bb-2.0.0.tgz'].map((name) => join(folder, name));
const absent = packages.filter((path) => !existsSync(path));

test('every made resource is valid against the profiles it names', {
  skip: absent.length > 0 && `guide packages are not here: ${absent.join(', ')}`,
}, () => {
  const validator = createValidator({ packages });
  const errors = new Set<string>();
  for (const resource of createDataset(3, 10).resources.values()) {
    const profiles = asArray(at(resource, 'meta', 'profile')).flatMap((each) => asString(each) ?? []);
    for (const issue of validator.validate(resource, profiles))
      if (issue.severity === 'error') errors.add(`${resource.resourceType} ${issue.expression}: ${issue.text}`);
  }
  assert.deepEqual([...errors], []);
});
