import type { ClientRow } from '../../../src/core/client-row.ts';
import { accessRows } from './access.ts';
import { cardRows } from './cards.ts';
import { orderRows } from './orders.ts';
import { coverageRows } from './payers.ts';
import { payerRows, prefetchRows } from './prefetch.ts';
import { profileRows } from './profiles.ts';
import { requestRows } from './requests.ts';
import { statementRows } from './statements.ts';
import { crdTrustRows } from './trust.ts';

/** Every requirement on clients of Coverage Requirements Discovery. */
export const crdRows: readonly ClientRow[] = [
  ...requestRows,
  ...crdTrustRows,
  ...prefetchRows,
  ...payerRows,
  ...profileRows,
  ...accessRows,
  ...coverageRows,
  ...orderRows,
  ...cardRows,
  ...statementRows,
];
