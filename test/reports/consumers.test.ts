import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { type FormatName, formats } from '../../reports/formats.ts';
import type { Run } from '../../src/core/model.ts';
import { sampleRun, verdict } from './sample.ts';

/** What we write, read by the programs that others read it with (scripts/setup/consumers.mjs brings them). */
const home = resolve('.cache/consumers');
const skip = existsSync(join(home, 'bin', 'hadolint')) ? false : 'the readers are not there: node scripts/setup.mjs --for test brings them';

const call = (command: string, args: readonly string[]): Promise<{ readonly code: number; readonly said: string }> =>
  new Promise((done) => {
    execFile(command, [...args], { env: { ...process.env, PYTHONPATH: home } }, (cause, stdout, stderr) =>
      done({ code: cause === null ? 0 : typeof cause.code === 'number' ? cause.code : 1, said: `${stdout}${stderr}` }),
    );
  });
const nasty = '=1+1 | <img src=x> "quoted",\r\nnext ]]> \uD800 \u0007 \\ {x="y"} # EOF';
const runs: readonly Run[] = [
  sampleRun(),
  sampleRun({
    target: { ...sampleRun().target, name: nasty },
    verdicts: [
      verdict('rest.search.self-link', { outcome: 'fail', expected: nasty, actual: nasty, exchange: 0 }),
      verdict('acme.private', { outcome: 'not-testable', reason: nasty, because: 'payer' }),
    ],
  }),
];
async function written(name: FormatName): Promise<readonly string[]> {
  const [folder, render] = [mkdtempSync(join(tmpdir(), 'payer-assay-formats-')), await formats[name].load()];
  return runs.map((run, nth) => {
    const path = join(folder, `${nth}-${formats[name].file}`);
    writeFileSync(path, render(run));
    return path;
  });
}

test('OpenMetrics is read by the parser of Prometheus', { skip }, async () => {
  const reader = `import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read
print(sum(len(family.samples) for path in sys.argv[1:] for family in read(open(path).read())))`;
  const { code, said } = await call('python3', ['-c', reader, ...(await written('openmetrics'))]);
  assert.equal(code, 0, said);
  assert.ok(Number(said) > 100, said);
});

test('JUnit is read by junitparser, with the counts of the run', { skip }, async () => {
  const reader = `import sys
from junitparser import JUnitXml
for path in sys.argv[1:]:
    xml = JUnitXml.fromfile(path)
    print(xml.tests, xml.failures, xml.skipped, sum(1 for suite in xml for case in suite))`;
  const { code, said } = await call('python3', ['-c', reader, ...(await written('junit'))]);
  assert.equal(code, 0, said);
  assert.deepEqual(said.trim().split('\n'), ['5 1 3 5', '2 1 1 2']);
});

test('action, workflow, GitLab and compose files fit the schemas of their hosts', { skip }, async () => {
  const files = [
    ['vendor.github-actions', 'action.yml'],
    ['vendor.github-workflows', 'deploy/ci/github.yml'],
    ['vendor.gitlab-ci', 'deploy/ci/gitlab.yml'],
    ['vendor.compose-spec', 'deploy/docker/compose.yaml'],
  ] as const;
  for (const [schema, file] of files) {
    const { code, said } = await call('python3', ['-m', 'check_jsonschema', '--builtin-schema', schema, file]);
    assert.equal(code, 0, `${file}: ${said}`);
  }
});

test('hadolint has nothing to say about the Dockerfile', { skip }, async () => {
  const { code, said } = await call(join(home, 'bin', 'hadolint'), ['--no-color', 'deploy/docker/Dockerfile']);
  assert.equal(code, 0, said);
});
