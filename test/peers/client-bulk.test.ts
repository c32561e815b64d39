import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertAdjudicated } from '../client-side/peers/compare.ts';
import { gradedByPlan, pythonWith } from './client-run.ts';

/** A bulk client of PyPI. Its packages are 280 MB, so set-up does not fetch them: by hand, with the command of the skip. */
const packages = fileURLToPath(new URL('../../.cache/smart-fetch', import.meta.url));
const script = fileURLToPath(new URL('./python-clients/export.py', import.meta.url));
const skip = existsSync(`${packages}/smart_fetch`)
  ? false
  : 'smart-fetch is 280 MB, too much for every run; to grade it: python3 -m pip install --target .cache/smart-fetch smart-fetch==1.0.3';

/** Without those in which it waits for minutes after an error. */
const cases = ['B1', 'B2', 'B3', 'B5', 'B7b', 'B8', 'B9', 'B10', 'L2', 'T7d'];

test('smart-fetch of PyPI: every verdict is the adjudicated one', { skip, timeout: 600_000 }, async () => {
  const command = pythonWith(packages, script);
  const verdicts = await gradedByPlan('smart-fetch of PyPI', cases, { bulk: { command, seconds: 120 } });
  assertAdjudicated(verdicts, new URL('./client-smart-fetch.json', import.meta.url));
});
