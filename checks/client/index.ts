import type { ClientRow } from '../../src/core/client-row.ts';
import { fileRows } from './bulk/files.ts';
import { kickoffRows } from './bulk/kickoff.ts';
import { matchedRows } from './bulk/matched.ts';
import { pollingRows } from './bulk/polling.ts';
import { subscriptionRows } from './bulk/subscription.ts';
import { crdRows } from './crd/index.ts';
import { discoveryRows } from './discovery.ts';
import { errorRows } from './errors/index.ts';
import { rateRows } from './errors/rate.ts';
import { idiRows } from './identity/idi.ts';
import { identityRows } from './identity/index.ts';
import { passiveRows } from './passive.ts';
import { recordRows } from './record/index.ts';
import { leastRows } from './record/least.ts';
import { assertionRows } from './trust/assertion.ts';
import { signInRows } from './trust/sign-in.ts';
import { tlsRows } from './trust/tls.ts';
import { tokenRows } from './trust/token.ts';
import { metadataRows } from './udap/metadata.ts';
import { registrationRows } from './udap/registration.ts';

/** Every requirement on clients that is judged. */
export const clientRows: readonly ClientRow[] = [
  ...passiveRows,
  ...assertionRows,
  ...tokenRows,
  ...signInRows,
  ...identityRows,
  ...idiRows,
  ...matchedRows,
  ...recordRows,
  ...leastRows,
  ...kickoffRows,
  ...pollingRows,
  ...fileRows,
  ...subscriptionRows,
  ...errorRows,
  ...rateRows,
  ...discoveryRows,
  ...tlsRows,
  ...crdRows,
  ...metadataRows,
  ...registrationRows,
];
