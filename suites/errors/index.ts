import type { Suite } from '../../src/run/suite.ts';
import { errors } from './errors.ts';

export const errorsSuites: readonly Suite[] = [errors];
