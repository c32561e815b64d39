import type { Suite } from '../../src/run/suite.ts';
import { doors } from './doors.ts';
import { resourceServer } from './resource-server.ts';
import { introspect, smart } from './smart.ts';
import { tls } from './tls.ts';
import { token, tokenForms, tokenNegatives } from './token.ts';

export const trustSuites: readonly Suite[] = [tls, smart, token, tokenForms, tokenNegatives, introspect];

/** Held after the member suites, which learn whose record to ask for. */
export const resourceServerSuites: readonly Suite[] = [resourceServer];

/** Held after those that read a member's data. */
export const doorSuites: readonly Suite[] = [doors];
