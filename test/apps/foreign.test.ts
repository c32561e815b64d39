import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
import { type Foreign, serveForeign } from './foreign.ts';
import { launched, noBrowser, verdicts, words } from './launched.ts';

/** Apps that others' libraries make, launched: every verdict that is no pass is adjudicated here by hand. */
let embedded: Embedded;
let foreign: Foreign;
before(async () => {
  [embedded, foreign] = await Promise.all([startEmbedded(), serveForeign()]);
});
after(async () => {
  await foreign.close();
  await embedded.close();
});

interface Adjudicated {
  readonly said: RegExp;
  readonly why: string;
}

async function found(path: string, expected: Readonly<Record<string, Adjudicated>>): Promise<void> {
  const evidence = await launched(embedded, [{ url: `${foreign.origin}${path}`, clientId: 'foreign' }]);
  const other = [...verdicts(evidence)].filter(([, finding]) => finding.outcome !== 'pass');
  const told = Object.fromEntries(other.map(([id, finding]) => [id, words(finding)]));
  assert.deepEqual(Object.keys(told).sort(), Object.keys(expected).sort(), JSON.stringify(told, null, 1));
  for (const [id, { said }] of Object.entries(expected)) assert.match(told[id] ?? '', said, id);
}

/** The cards of others say nothing of appContext here. */
const noContext = { 'app.context': { said: /^not-testable: .*apps/, why: 'No appContext was handed on, so nothing can be shown of it.' } };

test('an app on fhirclient', { skip: noBrowser }, () =>
  found('/fhirclient/launch.html', {
    ...noContext,
    'app.authorize.state': {
      said: /at most 95 bits/,
      why: 'True: 2.6.3 makes its state of 16 letters and digits, 95 bits at most; SMART wants 122.',
    },
    'app.expired': {
      said: /JSON or code brackets/,
      why: 'True of an app that shows the message of the error as its examples do: a status line and the OperationOutcome in JSON.',
    },
  }),
);

test('an app on oauth4webapi and MedplumClient', { skip: noBrowser }, () => found('/oauth4webapi/app.html', noContext));
