import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogue } from '../checks/catalogue.ts';
import { rowsFor } from '../src/plan/judged.ts';
import { planFolder, shelf } from '../src/plan/load.ts';
import { choicesOf, keyOf, nameOf, resolve, under, whole } from '../src/plan/resolve.ts';
import type { Lock } from '../src/plan/types.ts';

/** Freezes the rows of every draft beside it. A plan that is on trial or in force keeps its rows: make a new edition. Usage: `node scripts/plans.ts`. */
const { plans, hashes } = shelf();
for (const own of plans.filter(({ status }) => status === 'draft')) {
  const plan = whole(own, plans);
  const resolved = Object.fromEntries(choicesOf(own).map((choice) => [keyOf(choice), resolve(under(plan, choice), rowsFor(own, catalogue))]));
  const lock: Lock = { plan: own.plan, edition: own.edition, sha256: hashes.get(own) ?? '', resolved };
  writeFileSync(join(planFolder, `${nameOf(own)}.lock.json`), `${JSON.stringify(lock, null, 1)}\n`);
  console.log(
    `${nameOf(own)}: ${Object.values(resolved)
      .map((rows) => Object.keys(rows).length)
      .join(', ')} rows`,
  );
}
