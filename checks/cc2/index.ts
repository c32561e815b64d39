import type { Area } from '../area.ts';
import { tokenChecks } from './token.ts';

export const cc2: Area = { checks: [...tokenChecks], excluded: [], variations: [] };
