import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { selections } from '../../checks/client/selections.ts';
import { healthy } from '../../mocks/client/case.ts';
import { cases } from '../../mocks/client/cases/index.ts';
import { type Conduct, conduct } from '../../src/client-side/conduct.ts';
import { ownRegistration } from '../../src/client-side/own/client.ts';
import type { Session } from '../../src/client-side/session.ts';

const some = cases.filter(({ journey }) => journey === 'record').slice(0, 10);
const folder = (): string => mkdtempSync(join(tmpdir(), 'payer-assay-session-'));
/** A client that only looks at metadata, and what it was sent to. */
const looking = (session: string, signal: AbortSignal, went: string[], more: Partial<Conduct> = {}) =>
  conduct({
    name: 'a client',
    cases: some,
    clients: ownRegistration(),
    share: 0.01,
    atOnce: 1,
    signal,
    session,
    trigger: (scripted) => async (id) => {
      went.push(id);
      await fetch(`${scripted.stage(id).root}/fhir/metadata`, { headers: { accept: 'application/fhir+json' } });
      return {};
    },
    ...more,
  });

test('a run that was stopped goes on where it was: what was played is not played again, and everything is judged once', async () => {
  const file = join(folder(), 'session.json');
  const stop = new AbortController();
  const first: string[] = [];
  await looking(file, stop.signal, first, { onCase: (about) => (about.id === 'ok-record-2a' ? stop.abort() : undefined) });
  const left = JSON.parse(readFileSync(file, 'utf8')) as Session;
  assert.deepEqual(
    left.plays.map((each) => each.case),
    some.slice(0, 5).map(({ id }) => id),
  );
  assert.equal(statSync(file).mode & 0o077, 0, 'only its owner reads it');
  const second: string[] = [];
  const { hearing } = await looking(file, new AbortController().signal, second);
  assert.deepEqual(second, ['ok-record-2a']);
  assert.ok(first.includes('ok-record-2a'));
  assert.equal(hearing.heard.filter(({ suite }) => suite === 'ok-record-2a').length, 1, 'what the stop cut short is heard anew, and once');
  assert.deepEqual(
    hearing.plays.map((each) => each.case),
    some.map(({ id }) => id),
  );
  assert.deepEqual(
    hearing.heard.map(({ index }) => index),
    hearing.heard.map((_, nth) => nth),
  );
  const times = hearing.heard.map(({ facts }) => facts?.['heard.came'] ?? 0);
  assert.deepEqual(
    [...times].sort((a, b) => a - b),
    times,
  );
  assert.ok(!existsSync(file), 'what is over is not kept');
});

test('a recording that only listens goes on, too: what was heard before the stop is graded with the rest', async () => {
  const file = join(folder(), 'session.json');
  const listen = (stop: AbortController, path: string) =>
    looking(file, stop.signal, [], {
      cases: [],
      brackets: [{ journey: 'record', before: healthy('passive', 'record'), cases: [], after: healthy('passive-end', 'record') }],
      trigger: (scripted) => async (id) => {
        if (id === 'passive') await fetch(`${scripted.stage(id).root}/fhir/${path}`, { headers: { accept: 'application/fhir+json' } });
        if (path === 'metadata') stop.abort();
        return {};
      },
    });
  await listen(new AbortController(), 'metadata');
  assert.ok(existsSync(file));
  const { hearing } = await listen(new AbortController(), 'Patient/1');
  assert.deepEqual(
    hearing.heard.map(({ step, suite }) => [step, suite]),
    [
      ['metadata', 'passive'],
      ['read', 'passive'],
    ],
  );
  assert.ok(!existsSync(file));
});

test('a file that is no session is named', async () => {
  const file = join(folder(), 'session.json');
  writeFileSync(file, '{"format":9}');
  await assert.rejects(looking(file, new AbortController().signal, []), /session\.json is no session/);
});

test('what is stored of people follows the evidence level; judges see them as they came', async () => {
  const asks: Conduct['trigger'] = (scripted) => async (id) => {
    await fetch(`${scripted.stage(id).root}/fhir/Patient?family=Featherstonehaugh&birthdate=1931-02-03`, {
      headers: { accept: 'application/fhir+json' },
    });
    return {};
  };
  const run = async (evidence: NonNullable<Conduct['evidence']>) => {
    const done = await conduct({
      name: 'x',
      cases: some.slice(0, 1),
      clients: ownRegistration(),
      share: 0.01,
      atOnce: 1,
      signal: new AbortController().signal,
      evidence,
      trigger: asks,
    });
    return { stored: JSON.stringify(done.run), heard: JSON.stringify(done.hearing.heard) };
  };
  const [full, safe] = [await run('full'), await run('pseudonymised')];
  assert.match(full.stored, /Featherstonehaugh/);
  assert.match(safe.heard, /Featherstonehaugh/);
  assert.doesNotMatch(safe.stored, /Featherstonehaugh|1931-02-03/);
});

test('(g)(31) has the 51 rows of the list', (t) => {
  assert.equal(selections.g31.length, 51);
  const list = new URL('../../../shared/design/client/requirements.json', import.meta.url);
  if (!existsSync(list)) return t.skip('the list of requirements is not on this machine');
  const all = JSON.parse(readFileSync(list, 'utf8')) as readonly { readonly id: string; readonly g31: boolean }[];
  assert.deepEqual(
    [...selections.g31].sort(),
    all
      .filter(({ g31 }) => g31)
      .map(({ id }) => id)
      .sort(),
  );
});
