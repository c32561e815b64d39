import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unzipSync, zipSync } from 'fflate';
import { redactTrace } from '../../src/client/app/trace.ts';
import { createRedactor } from '../../src/client/redact.ts';

/** A trace of Playwright with a canary in every place where one can hide; made by hand, so that each place is there whatever Playwright writes today. */

const token = 'canary-token-0123456789abcdef';
const typed = 'canary-typed-swordfish';
const person = 'Canariensis';
const strange = 'canary-of-a-kind-that-nobody-has-looked-at';
const line = (value: object): string => JSON.stringify(value);
const text = (words: string): Uint8Array => Buffer.from(words);
const header = (name: string, value: string) => ({ name, value });

const answer = (file: string, mimeType: string, more: object = {}) =>
  line({
    type: 'resource-snapshot',
    snapshot: {
      request: {
        method: 'POST',
        url: `https://app.example/back?code=${token}&state=${token}`,
        headers: [header('Authorization', `Bearer ${token}`), header('Cookie', `sid=${strange}`), header('Accept', '*/*')],
        queryString: [header('code', token), header('session_id', strange)],
        cookies: [header('sid', strange)],
        postData: { mimeType: 'application/x-www-form-urlencoded', text: `user=me&word=${typed}`, _file: 'resources/typed.txt' },
      },
      response: {
        status: 200,
        headers: [header('Set-Cookie', `sid=${strange}`)],
        content: { mimeType, _file: file },
        cookies: [header('a', strange)],
      },
      ...more,
    },
  });

const trace = (): Uint8Array =>
  zipSync({
    'trace.trace': text(
      [
        line({ type: 'context-options', browserName: 'chromium', options: { storageState: { cookies: [{ value: strange }] } } }),
        line({ type: 'before', class: 'Frame', method: 'fill', params: { selector: '#word', value: typed } }),
        line({ type: 'before', class: 'Page', method: 'keyboardType', params: { text: typed } }),
        line({ type: 'log', message: `fill("${typed}")` }),
        line({ type: 'after', result: { value: `hello ${person}, ${token}` } }),
        line({ type: 'console', text: `got ${token} for ${person}`, args: [{ preview: token }] }),
        line({
          type: 'frame-snapshot',
          snapshot: {
            frameUrl: `https://app.example/#access_token=${token}`,
            html: [
              'HTML',
              {},
              [
                'BODY',
                {},
                ['P', { title: token }, person],
                ['INPUT', { __playwright_value_: typed }],
                ['IMG', { src: `data:text/plain,${strange}` }],
              ],
            ],
          },
        }),
        line({ type: 'screencast-frame', sha1: strange }),
        line({ type: 'invented-later', words: strange }),
        `{"type":"console","text":"torn ${strange}`,
      ].join('\n'),
    ),
    'trace.network': text(
      [answer('resources/a.json', 'application/fhir+json'), answer('resources/b.html', 'text/html'), answer('resources/c.png', 'image/png')].join(
        '\n',
      ),
    ),
    'trace.stacks': text(line({ files: [`/home/${strange}/run.ts`] })),
    'resources/a.json': text(line({ resourceType: 'Patient', name: [{ family: person }], token })),
    'resources/b.html': text(`<p>${person}</p><script>const t = '${token}'</script>`),
    'resources/c.png': Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0xfe]), text(strange)]),
    'resources/typed.txt': text(`word=${typed}`),
    'src/login.mjs': text(strange),
  });

test('no canary is left in a trace, whatever place it hid in; what was harmless is still there, and the viewer finds its bodies', () => {
  const redactor = createRedactor('pseudonymised', 'salt');
  redactor.learnSecret('token', token);
  redactor.learn({
    request: { method: 'GET', url: 'https://payer.example/fhir/Patient/1', headers: {} },
    response: { status: 200, headers: {}, body: line({ resourceType: 'Patient', id: '1', name: [{ family: person, given: ['Anna'] }] }) },
  });
  const clean = redactTrace(trace(), redactor);
  assert.ok(clean);
  const files = unzipSync(clean);
  for (const [name, bytes] of Object.entries(files))
    for (const canary of [token, typed, person, strange])
      assert.ok(!`${name}\n${Buffer.from(bytes).toString('latin1')}`.includes(canary), `${canary} in ${name}`);
  const network = Buffer.from(files['trace.network'] ?? []).toString();
  assert.equal(network.split('\n').length, 3);
  assert.match(network, /https:\/\/app\.example\/back\?code=/);
  assert.match(network, /"name":"Accept","value":"\*\/\*"/);
  const named = [...network.matchAll(/"_file":"([^"]+)"/g)].map(([, file]) => file ?? '');
  assert.equal(named.filter((file) => file in files).length, 2, 'text bodies are found by their new names');
  const lines = Buffer.from(files['trace.trace'] ?? [])
    .toString()
    .split('\n')
    .map((each) => (JSON.parse(each) as { readonly type: string }).type);
  assert.deepEqual(lines, ['context-options', 'before', 'before', 'after', 'console', 'frame-snapshot']);
});

test('where evidence is full, secrets go and people stay', () => {
  const redactor = createRedactor('full', 'salt');
  redactor.learnSecret('token', token);
  const files = unzipSync(redactTrace(trace(), redactor) ?? assert.fail());
  const all = Object.values(files)
    .map((bytes) => Buffer.from(bytes).toString('latin1'))
    .join('\n');
  for (const canary of [token, typed, strange]) assert.ok(!all.includes(canary), canary);
  assert.ok(all.includes(person));
});

test('what is no trace is not kept', () => {
  const redactor = createRedactor('full', 'salt');
  assert.equal(redactTrace(text('no zip'), redactor), undefined);
});

test('a page that nests too deep, or holds too much, costs its own trace and nothing else', () => {
  const redactor = createRedactor('full', 'salt');
  const deep = `{"type":"frame-snapshot","snapshot":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  assert.equal(redactTrace(zipSync({ 'trace.trace': text(deep) }), redactor), undefined);
  assert.equal(
    redactTrace(zipSync({ 'trace.trace': text(line({ type: 'event' })), 'resources/a': [new Uint8Array(33 << 20), { level: 0 }] }), redactor),
    undefined,
  );
});
