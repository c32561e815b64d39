import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Issue, Json } from '../../src/core/model.ts';
import { fhirValidatorJs } from '../../src/validation/tier2/fhir-validator-js.ts';
import { openHl7Validator } from '../../src/validation/tier2/hl7-validator.ts';
import { build } from '../../src/validation/tier2/home.ts';
import { reconcile } from '../../src/validation/tier2/reconcile.ts';
import { startService } from '../../src/validation/tier2/service.ts';
import { AuthorityError, createWrapper } from '../../src/validation/tier2/wrapper.ts';

type Handler = (body: string, response: ServerResponse, request: IncomingMessage) => void;

/** A wrapper on loopback that does what the test wants at /validate. */
async function wrapperThat(t: TestContext, handle: Handler): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => (request.url === '/validator/version' ? response.end('6.10.4') : handle(body, response, request)));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const answer = (body: string, issues: readonly Json[]): string => {
  const request = JSON.parse(body) as { sessionId: string; filesToValidate: { fileName: string }[] };
  return JSON.stringify({
    sessionId: request.sessionId,
    outcomes: request.filesToValidate.map(({ fileName }) => ({ fileInfo: { fileName }, issues })),
  });
};

test('the wrapper protocol is spoken: profiles and guides go out, issues come back in our terms', async (t) => {
  let sent: { cliContext?: { profiles?: string[]; igs?: string[] } } = {};
  const url = await wrapperThat(t, (body, response) => {
    sent = JSON.parse(body) as typeof sent;
    response.end(
      answer(body, [
        { level: 'ERROR', messageId: 'Validation_VAL_Profile_Minimum', location: 'Patient', message: 'name: minimum required', line: 3 },
        { level: 'WARNING', messageId: 'UNKNOWN_CODESYSTEM', location: 'Patient.language', message: 'not loaded' },
        { level: 'INFORMATION', messageId: 'x', message: 'fine' },
      ]),
    );
  });
  const wrapper = createWrapper(`${url}/`, { context: { igs: ['a#1'] } });
  assert.equal(await wrapper.version(), '6.10.4');
  const [first, second] = await wrapper.validate(['{}', '{}'], ['http://example.org/p']);
  assert.deepEqual(sent.cliContext?.profiles, ['http://example.org/p']);
  assert.deepEqual(sent.cliContext?.igs, ['a#1']);
  assert.deepEqual(
    first?.map(({ severity, rule, expression, line, tier }) => [severity, rule, expression, line, tier]),
    [
      ['error', 'Validation_VAL_Profile_Minimum', 'Patient', 3, 2],
      ['not-verifiable', 'UNKNOWN_CODESYSTEM', 'Patient.language', undefined, 2],
      ['information', 'x', '', undefined, 2],
    ],
  );
  assert.equal(second?.length, 3);
});

const failing: readonly (readonly [string, Handler, RegExp])[] = [
  ['hangs', () => {}, /did not answer within 300 ms/],
  ['dies in the middle', (_body, response) => response.destroy(), /cannot be reached/],
  ['answers 500', (_body, response) => response.writeHead(500).end('boom'), /answered 500: boom/],
  ['answers HTML', (_body, response) => response.end('<html>'), /not JSON/],
  ['leaves files out', (_body, response) => response.end('{"outcomes":[]}'), /left out/],
  ['redirects elsewhere', (_body, response) => response.writeHead(302, { location: 'http://example.org/' }).end(), /cannot be reached/],
];
for (const [what, handle, message] of failing) {
  test(`a wrapper that ${what} is a named error of ours, not of the payload`, async (t) => {
    const url = await wrapperThat(t, handle);
    await assert.rejects(
      createWrapper(url, { timeout: 300 }).validate(['{}']),
      (cause) => cause instanceof AuthorityError && message.test(cause.message),
    );
  });
}

test('an hl7Validator that fails twice is given up: no issues, and the run says it was not run', async (t) => {
  let asked = 0;
  const url = await wrapperThat(t, (_body, response) => {
    asked++;
    response.destroy();
  });
  const hl7Validator = openHl7Validator({ hl7Validator: { url } });
  assert.deepEqual(await hl7Validator.validate(['{}', '{}']), [[], []]);
  assert.deepEqual(await hl7Validator.validate(['{}']), [[]]);
  assert.equal(asked, 2);
  const [entry] = hl7Validator.notRun();
  assert.match(entry?.why ?? '', /cannot be reached/);
  assert.match(entry?.fix ?? '', /start the validator-wrapper/);
  await hl7Validator.close();
});

/** Stands in for the java command. */
function fakeJava(script: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'assay-java-')), 'java');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

const built = !('missing' in build());
const skip = built ? false : 'the validator service is not built (mvn -q -B -f validator/pom.xml package)';
const start = (java: string, startWithin = 5000) => startService({ packages: [], java, startWithin });

test('a service that ends at once, or never becomes ready, or whose Java is missing, is not run for a reason', { skip }, async () => {
  const dead = await start(fakeJava('echo broken >&2; exit 3'));
  assert.ok('fix' in dead && /ended with code 3: broken/.test(dead.why));
  const hung = await start(fakeJava('exec sleep 60'), 400);
  assert.ok('fix' in hung && /not ready after 400 ms/.test(hung.why));
  const none = await start('/nonexistent/java');
  assert.ok('fix' in none && /cannot be started/.test(none.why) && /Java 17/.test(none.fix));
});

test('a package that is absent stops the service before Java is asked', { skip }, async () => {
  const found = await startService({ packages: ['org.example.none#1.0.0'], cache: '/nonexistent', java: '/nonexistent/java' });
  assert.ok('fix' in found && /org\.example\.none#1\.0\.0 is not in/.test(found.why));
});

test('fhir-validator-js is used where it is installed, and its absence says what to do', async () => {
  await assert.rejects(fhirValidatorJs({ packages: [], from: 'fhir-validator-js-that-is-not-there' }), /is not installed.*mvn/);
});

test('what the engine says of codes counts only where tier 1 agrees', () => {
  const issue = (rule: string, expression: string, tier: 1 | 2): Issue => ({ severity: 'error', rule, expression, text: 't', tier });
  const engine = [
    issue('Terminology_TX_NoValid_16', 'Patient.gender', 2),
    issue('Terminology_TX_NoValid_16', 'Patient.photo[0].contentType', 2),
    issue('Validation_VAL_Profile_Minimum', 'Patient', 2),
  ];
  const found = reconcile(engine, [issue('binding.required', 'Patient.gender', 1)]);
  assert.deepEqual(
    found.map((each) => each.severity),
    ['error', 'not-verifiable', 'error'],
  );
});
