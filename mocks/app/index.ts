import type { Target } from '../../src/core/model.ts';
import type { MockArea } from '../kernel/area.ts';
import { collect, elsewhere, launchPage, script } from './pages.ts';
import { appBehaviours } from './twins.ts';

/** What the app insists on; a behaviour replaces some of it. */
const appRules = {
  /** Script that makes a twin of the app. */
  appTwist: (): string => '',
  appPage: (page: string): string => page,
};

/** Entries of the target file that launch it: by its URL, with what a card would say. */
export const appsOf = (origin: string): NonNullable<Target['apps']> => [
  { url: `${origin}/apps/order`, clientId: 'plan-questionnaire', appContext: 'order=order-1', shows: 'order=order-1' },
];

export const app = {
  routes: [
    { step: 'app.page', method: 'GET', path: '/apps/order', handle: launchPage },
    { step: 'app.page', method: 'GET', path: '/apps/order.js', handle: script },
    { step: 'app.page', method: 'GET', path: '/apps/collect', handle: collect },
    { step: 'app.page', method: 'POST', path: '/apps/collect', handle: collect },
    { step: 'app.page', method: 'GET', path: '/apps/style.css', handle: elsewhere },
  ],
  rules: appRules,
  behaviours: appBehaviours,
  // Nothing is launched unless somebody wants it: it takes a browser.
  target: () => ({ apps: [] }),
} satisfies MockArea;

type AppRules = typeof appRules;
declare module '../kernel/payer.ts' {
  interface Rules extends AppRules {}
}
