import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { after, before, test } from 'node:test';
import { writeReports } from '../../src/cli/files.ts';
import { runIn, temporary } from '../cli/payer-assay.ts';
import { leftIn, openWorld, type World } from './world.ts';

let world: World;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

/** Moments of a run, by what it has said until then. */
const moments = { 'before the first request': /conversations for/, 'with jobs at the payer': /token {2}/ } as const;

for (const [moment, said] of Object.entries(moments))
  test(`SIGTERM ${moment} is heard and obeyed`, async (context) => {
    const started = world.begin({ args: ['--scenario', 'S6'] });
    await started.said(said);
    const given = performance.now();
    started.signal('SIGTERM');
    await started.said(/Interrupted/);
    const heard = performance.now() - given;
    const { code, stderr } = await started.done;
    // Measured, not asserted tightly: how fast this machine is at other things is no matter of ours.
    context.diagnostic(`heard after ${Math.round(heard)} ms, judged, stored and over after ${Math.round(performance.now() - given)} ms`);
    assert.ok(heard < 30_000, `heard after ${heard} ms`);
    assert.equal(code, 2, stderr);
    assert.match(runIn(started.out).partial ?? '', /SIGTERM/);
    assert.equal(leftIn(started.out), '');
  });

test('reports that were not begun when a supervisor lost its patience are left out by name; run.json has what they are made of', async () => {
  const started = world.begin({ args: ['--only', 'cc3.metadata.valid'] });
  await started.done;
  const folder = temporary();
  let asked = 0;
  const { files, leftOut, failed } = await writeReports(folder, runIn(started.out), { late: () => ++asked > 1 });
  assert.deepEqual(failed, []);
  assert.deepEqual(
    [files, leftOut].map((each) => each.map((file) => basename(file))),
    [['conformance.html'], ['latency.html', 'junit.xml', 'run.sarif']],
  );
});
