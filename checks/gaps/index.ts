import type { Area } from '../area.ts';
import { gapsChecks } from './gaps.ts';

export const gaps: Area = { checks: gapsChecks, excluded: [], variations: [] };
