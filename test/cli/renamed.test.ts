import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withNewOptions } from '../../src/cli/renamed.ts';

test('options under their old names are read, with a notice', () => {
  const notices: string[] = [];
  const args = withNewOptions(['validate', 'x', '--keep', '3', '--authority=local', '--out', '--keepsake'], (notice) => notices.push(notice));
  assert.deepEqual(args, ['validate', 'x', '--max-examples', '3', '--hl7-validator=local', '--out', '--keepsake']);
  assert.equal(notices.length, 2);
  assert.match(notices[0] ?? '', /--keep is now called --max-examples/);
});
