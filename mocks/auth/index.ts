import type { MockArea } from '../kernel/area.ts';
import { authBehaviours, authRules } from './rules.ts';
import { tokenRoutes } from './token.ts';

export const auth = { routes: tokenRoutes, rules: authRules, behaviours: authBehaviours } satisfies MockArea;
