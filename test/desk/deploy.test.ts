import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';

/** Files that run elsewhere, held to what a linter would say: they parse, everything in them is pinned, and they may do no more than they need. */
const text = (path: string): string => readFileSync(path, 'utf8');
const yaml = {
  'action.yml': text('action.yml'),
  github: text('deploy/ci/github.yml'),
  gitlab: text('deploy/ci/gitlab.yml'),
  compose: text('deploy/docker/compose.yaml'),
};
const { version, devDependencies } = JSON.parse(text('package.json')) as { version: string; devDependencies: Readonly<Record<string, string>> };

test('actions, images and packages are pinned', () => {
  for (const [name, source] of Object.entries(yaml)) {
    for (const [, action = ''] of source.matchAll(/uses: (\S+)/g))
      assert.match(action, /^[\w.-]+(\/[\w.-]+)+@(v\d+(\.\d+)*|[0-9a-f]{40})$/, `${name}: ${action}`);
    for (const [, image = ''] of source.matchAll(/image: (\S+)/g)) assert.match(image, /:\d+\.\d+\.\d+(-[\w.-]+)?$/, `${name}: ${image}`);
    for (const [, said = ''] of source.matchAll(/payer-assay@([\d.]+)/g)) assert.match(said, /^\d+\.\d+\.\d+$/);
  }
  for (const [, image = ''] of text('deploy/docker/Dockerfile').matchAll(/^FROM (\S+)/gm))
    assert.equal(image, `node:${devDependencies['node']}-bookworm-slim`);
  assert.match(yaml.gitlab, new RegExp(`image: node:${devDependencies['node']}-bookworm-slim`));
});

test('versions follow package.json', () => {
  for (const source of [yaml.compose, text('deploy/docker/Dockerfile'), text('deploy/kubernetes-indexed-job.yaml')])
    for (const [, said] of source.matchAll(/payer-assay:(\d[\w.]*)/g)) assert.equal(said, version);
  assert.equal((parse(yaml['action.yml']) as { inputs: { version: { default: string } } }).inputs.version.default, version);
});

test('the workflow asks for no right but to read, and has an end', () => {
  const workflow = parse(yaml.github) as { permissions: unknown; jobs: Record<string, { 'timeout-minutes': number }> };
  assert.deepEqual(workflow.permissions, { contents: 'read' });
  for (const job of Object.values(workflow.jobs)) assert.ok(job['timeout-minutes'] <= 60);
  // Values of an event are data: none stands inside a script.
  for (const [script = ''] of yaml.github.matchAll(/run: .*(\n {10}.*)*/g)) assert.doesNotMatch(script, /\$\{\{/);
  assert.doesNotMatch(yaml.github, /pull_request_target/);
});

test('the image runs as nobody special, and its containers may not become more', () => {
  const lines = text('deploy/docker/Dockerfile').split('\n');
  const last = lines.findLastIndex((line) => line.startsWith('FROM'));
  const user = lines.findIndex((line, nth) => nth > last && /^USER [1-9]\d*:[1-9]\d*$/.test(line));
  assert.ok(user > 0 && user < lines.findIndex((line) => line.startsWith('ENTRYPOINT')));
  assert.doesNotMatch(lines.join('\n'), /\bADD |curl|sudo|:latest/);
  const { services } = parse(yaml.compose) as {
    services: Record<string, { read_only: boolean; cap_drop: string[]; security_opt: string[]; ports?: unknown }>;
  };
  for (const [name, service] of Object.entries(services)) {
    assert.equal(service.read_only, true, name);
    assert.deepEqual(service.cap_drop, ['ALL'], name);
    assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name);
    assert.equal(service.ports, undefined, name);
  }
});
