/** Writing faults: wire transforms that prove that a check can fail. */

export {
  type Alter,
  bend,
  both,
  change,
  edit,
  editType,
  emptySearchset,
  headers,
  instead,
  refuse,
  set,
  when,
  whenAsked,
  whenBody,
  without,
} from '../../checks/alter.ts';
