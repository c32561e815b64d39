import type { MockArea } from '../kernel/area.ts';
import { authTarget } from './clients.ts';
import { configurationRoutes } from './configuration.ts';
import { introspectionRoutes } from './introspection.ts';
import { authBehaviours, authRules } from './rules.ts';
import { tokenRoutes } from './token.ts';

export const auth = {
  routes: [...tokenRoutes, ...introspectionRoutes, ...configurationRoutes],
  rules: authRules,
  behaviours: authBehaviours,
  target: authTarget,
} satisfies MockArea;

type AuthRules = typeof authRules;
declare module '../kernel/payer.ts' {
  interface Rules extends AuthRules {}
}
