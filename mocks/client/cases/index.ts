import type { Case } from '../case.ts';
import { bulkCases, foreignCases } from './bulk.ts';
import { crdCases } from './crd.ts';
import { directoryCases } from './directory.ts';
import { errorCases } from './errors.ts';
import { leastCases } from './least.ts';
import { recordCases } from './record.ts';
import { signInCases } from './sign-in.ts';
import { subscriptionCase } from './subscription.ts';
import { keySetCase, tlsCases } from './tls.ts';
import { udapCases } from './udap.ts';

/** Every case of the script. */
export const cases: readonly Case[] = [
  ...recordCases,
  ...leastCases,
  ...bulkCases,
  ...foreignCases,
  subscriptionCase,
  ...errorCases,
  ...crdCases,
  ...udapCases,
  ...signInCases,
  keySetCase,
  ...tlsCases,
  ...directoryCases,
];

const twice = cases.find((each, nth) => cases.findIndex(({ id }) => id === each.id) !== nth);
if (twice !== undefined) throw new Error(`Two cases are called ${twice.id}. Give one of them another id.`);
