import type { ClientExcluded } from '../../src/core/client-row.ts';

/** Requirements of the list that are not judged yet, each with the reason. A test compares both with the list. */
const because = (reason: string, ids: readonly string[]): readonly ClientExcluded[] => ids.map((id) => ({ id, reason }));

export const clientExcluded: readonly ClientExcluded[] = [
  ...because('Not yet judged: no case calls for it yet.', ['client.bulk.subscription', 'client.load.rate']),
  ...because('Not yet judged: the authorization code flow needs a browser step that the script does not take yet.', [
    'client.trust.authcode.request',
    'client.trust.authcode.state',
    'client.trust.authcode.exchange',
  ]),
];
