import type { Area } from '../area.ts';
import { formChecks } from './forms.ts';
import { referenceChecks } from './references.ts';

export const doc: Area = { checks: [...referenceChecks, ...formChecks], excluded: [], variations: [] };
