import { checks } from '../../checks/index.ts';
import type { Requirement, Run } from '../../src/core/model.ts';

const ours: ReadonlyMap<string, Requirement> = new Map(checks.map((check) => [check.id, check]));

/** The row that a verdict is about: of the catalogue, or of the private checks of this run, whose words were stored with it. */
export const requirementOf = (run: Pick<Run, 'own'>, id: string): Requirement | undefined => ours.get(id) ?? run.own?.find((each) => each.id === id);
