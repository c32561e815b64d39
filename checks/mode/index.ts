import type { Area } from '../area.ts';
import { modeChecks } from './modes.ts';

export const mode: Area = { checks: modeChecks, excluded: [], variations: [] };
