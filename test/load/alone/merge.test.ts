import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startEmbedded } from '../../../mocks/embedded.ts';
import type { LatencyData } from '../../../src/core/model.ts';
import { collect } from '../../../src/load/collect.ts';
import { merged } from '../../../src/load/merge.ts';
import { samplesFile } from '../../../src/load/plan.ts';
import { type Profile, profileOf } from '../../../src/load/profiles.ts';
import { runLoad } from '../../../src/load/run-load.ts';
import { sampleRun } from '../../reports/sample.ts';
import { assertPercentiles, skip } from '../k6.ts';

const smoke = profileOf('smoke');
const profile: Profile = { ...smoke, stages: smoke.stages.slice(1).map((each) => ({ ...each, rate: 60, seconds: 3 })) };

test('three k6 processes make one load: counts exact, ids unique, percentiles of the whole', {
  skip,
}, async () => {
  const embedded = await startEmbedded();
  const folder = await mkdtemp(join(tmpdir(), 'assay-merge-'));
  try {
    const parts = await Promise.all(
      [1, 2, 3].map(async (nth) => {
        const path = join(folder, `${nth}`);
        await mkdir(path);
        const outcome = await runLoad(profile, {
          ...{ target: embedded.target, secrets: embedded.secrets, keep: join(path, samplesFile) },
          part: { nth, of: 3 },
        });
        assert.ok('latency' in outcome, JSON.stringify(outcome));
        return { path, run: sampleRun({ latency: outcome.latency }) };
      }),
    );
    const whole = await merged(parts);
    const { load } = whole;
    assert.equal(
      load?.requests,
      parts.reduce((sum, { run }) => sum + (run.latency?.load?.requests ?? 0), 0),
    );
    assert.equal(load?.dropped, 0);
    const { iterations } = await collect(
      parts.map(({ path }) => join(path, samplesFile)),
      profile.stages,
    );
    assert.equal(iterations.size, 60 * 3);
    assert.deepEqual(
      [...iterations].map((id) => Number(id.split('.').at(-1))).sort((a, b) => a - b),
      Array.from({ length: iterations.size }, (_, nth) => nth),
    );
    const truth = timesOf(...parts.map(({ run }) => run.latency));
    assertPercentiles(timesOf(whole), truth);

    await copyFile(join(parts[0]?.path ?? '', samplesFile), join(parts[1]?.path ?? '', samplesFile));
    await assert.rejects(merged(parts), /occur in two parts/);
    const other = sampleRun({ latency: { ...whole, load: { ...load, profile: 'soak' } as NonNullable<typeof load> } });
    await assert.rejects(merged([...parts.slice(0, 1), { path: 'other', run: other }]), /other is a part of another load/);
    await assert.rejects(merged([{ path: 'none', run: sampleRun() }]), /none holds no load/);
  } finally {
    await embedded.close();
    await rm(folder, { recursive: true });
  }
});

const timesOf = (...data: readonly (LatencyData | undefined)[]): readonly number[] =>
  data.flatMap((each) => each?.series ?? []).flatMap((series) => (series.source === 'k6' ? series.total : []));
