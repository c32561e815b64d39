import { checks } from '../../checks/index.ts';
import type { Requirement } from '../../src/core/model.ts';

/** The catalogue's rows by id: verdicts name a requirement, reports quote it. */
export const catalogue: ReadonlyMap<string, Requirement> = new Map(checks.map((check) => [check.id, check]));
