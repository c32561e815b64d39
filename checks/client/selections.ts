import { clientRows } from './index.ts';

/** Rows that belong together: one grade of its own each. */

/** 45 CFR 170.315(g)(31), provider prior authorization API: coverage discovery. */
const g31: readonly string[] = [
  'client.discovery.payer-routing',
  'client.version.crd-requested',
  'client.trust.jwks',
  'client.trust.tls.chain',
  'client.trust.tls.hostname',
  ...clientRows
    .map(({ id }) => id)
    .filter((id) => id.startsWith('client.crd.'))
    .filter(
      (id) =>
        ![
          ...['token-short', 'token-revoked', 'what-if', 'system-action-scope', 'no-card-loss', 'selection-behavior', 'dtr-launch', 'creates-linked'],
          ...['feedback', 'feedback.form', 'stale-cards'],
        ].includes(id.slice('client.crd.'.length)),
    ),
];
/** What a client that exports lists of members can be held to. */
const bulk: readonly string[] = clientRows
  .filter(
    ({ id, cases = [] }) =>
      /^client\.(bulk|trust\.(assertion|token)|error|version)\./.test(id) && !cases.some((each) => /^(T2|T3|T4u|T5u)$/.test(each)),
  )
  .map(({ id }) => id);

export const selections = { g31, bulk } as const;
export type Selection = keyof typeof selections;
export const isSelection = (name: string): name is Selection => Object.hasOwn(selections, name);
