import { parentPort, workerData } from 'node:worker_threads';
import { checks } from '../../checks/index.ts';
import { startEmbedded } from '../../mocks/embedded.ts';
import { drive } from '../../src/run/drive.ts';
import { openSession } from '../../src/run/session.ts';
import { suites } from '../../suites/index.ts';
import { tryLosses } from './blanking.ts';

/** One thread of the laws: an honest run of its own, and its share of the rows. */
const { ids, share } = workerData as { readonly ids: readonly string[]; readonly share: number };
const embedded = await startEmbedded();
const target = { ...embedded.target, crd: { ...embedded.target.crd, samples: 0 } };
const session = openSession(target, embedded.secrets);
const evidence = await drive({ target, suites, ...session });
session.close();
await embedded.close();

const mine = new Set(ids);
parentPort?.postMessage(
  tryLosses(
    checks.filter(({ id }) => mine.has(id)),
    evidence,
    share,
  ),
);
