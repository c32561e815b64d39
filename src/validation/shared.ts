import type { ValidationSettings } from '../core/model.ts';
import { createValidator, type Validator } from './port.ts';

const made = new Map<string, Validator>();

/** One validator per set of packages in a process: compiled profiles are worth keeping between runs. */
export function sharedValidator({ packages = [], cache }: ValidationSettings): Validator {
  const key = JSON.stringify([packages, cache]);
  let validator = made.get(key);
  if (!validator) {
    validator = createValidator({ packages, ...(cache === undefined ? {} : { cache }) });
    made.set(key, validator);
  }
  return validator;
}
