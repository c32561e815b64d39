import type { Suite } from '../../src/run/suite.ts';
import { token, tokenNegatives } from './token.ts';

export const trustSuites: readonly Suite[] = [token, tokenNegatives];
