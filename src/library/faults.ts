/** Writing faults: wire transforms that prove that a check can fail. */

export {
  type Alter,
  alterBody,
  alterType,
  both,
  change,
  emptySearchset,
  headers,
  instead,
  refuse,
  set,
  when,
  whenAsked,
  whenBody,
  withBody,
  without,
} from '../../checks/alter.ts';
