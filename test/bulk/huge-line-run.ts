import { checks } from '../../checks/index.ts';
import { findingOf } from '../../src/core/judge.ts';
import type { Target } from '../../src/core/model.ts';
import { drive } from '../../src/run/drive.ts';
import { openSession } from '../../src/run/session.ts';
import { withNeeds } from '../../src/run/suite.ts';
import { suites } from '../../suites/index.ts';

/** One export in a process of its own, for the test that measures its memory. Gets target and secrets as a message, answers with what it saw. */
process.once('message', async ({ target, secrets }: { readonly target: Target; readonly secrets: Readonly<Record<string, string>> }) => {
  const session = openSession(target, secrets);
  const evidence = await drive({ target, suites: withNeeds(suites, ['bulk.export']), ...session });
  const [file] = evidence.exchanges.filter(({ facts }) => facts?.['file.judged'] !== undefined && facts['file.type'] === 'Patient');
  const check = checks.find(({ id }) => id === 'bulk.file.ndjson');
  process.send?.({
    facts: file?.facts,
    body: file?.response?.body.length,
    finding: check && findingOf(check, evidence),
    blocked: evidence.blocked,
    /** Largest resident size, MB. */
    peak: process.resourceUsage().maxRSS / 1024,
  });
  session.close();
  process.disconnect();
});
