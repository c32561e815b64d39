/** Writing checks: a row, and the condition under which it binds. */

export {
  type Applies,
  allOf,
  anyOf,
  declaresInteraction,
  declaresOperation,
  declaresSearchParam,
  declaresType,
  follows,
} from '../../checks/applies.ts';
export { group } from '../../checks/group.ts';
export { publication } from '../../checks/sources.ts';
export { allScenarios, asynchronous, fhirApi, oneMember, panel } from '../core/steps.ts';
