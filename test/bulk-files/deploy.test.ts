import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';

interface Container {
  readonly args: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
}
interface Job {
  readonly kind: string;
  readonly spec: {
    readonly completionMode?: string;
    readonly completions?: number;
    readonly parallelism?: number;
    readonly template: { readonly spec: { readonly containers: readonly Container[] } };
  };
}

test('the Indexed Job gives each pod its shard, as many as there are completions', () => {
  const text = readFileSync(new URL('../../deploy/kubernetes-indexed-job.yaml', import.meta.url), 'utf8');
  const [validate, merge] = parseAllDocuments(text).map((each) => each.toJS() as Job);
  assert.deepEqual([validate?.kind, validate?.spec.completionMode], ['Job', 'Indexed']);
  const [container] = validate?.spec.template.spec.containers ?? [];
  assert.equal(container?.env?.find(({ name }) => name === 'SHARDS')?.value, String(validate?.spec.completions));
  assert.match(container?.args[0] ?? '', /--shard "\$JOB_COMPLETION_INDEX\/\$SHARDS" .*--out/);
  assert.match(merge?.spec.template.spec.containers[0]?.args[0] ?? '', /payer-assay merge \/data\/parts\/\* --out/);
});
