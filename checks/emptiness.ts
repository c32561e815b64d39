import { type Empty, emptyIn, mayHoldEmpty, type Spared } from '../src/core/empty.ts';
import { isObject, isResource, jsonOf } from '../src/core/fhir.ts';
import type { Exchange } from '../src/core/model.ts';

/** Path of the first empty value in FHIR JSON; undefined when there is none. Null stands for a gap in arrays of primitives. */
export const emptyInFhir = (exchange: Exchange): string | undefined =>
  emptiesOf(exchange, '', (value, name) => value === null && typeof name === 'number').next().value?.path;

/** All of them in CDS Hooks JSON, outside FHIR resources and unknown extensions; `cards`, `services` and the whole may be empty. */
export const emptyInHooks = (exchange: Exchange): readonly Empty[] => [
  ...emptiesOf(exchange, '$', (value, name) => {
    if (name === 'extension' || isResource(value)) return true;
    return Array.isArray(value)
      ? value.length === 0 && ['cards', 'services'].includes(String(name))
      : isObject(value) && name === '' && Object.keys(value).length === 0;
  }),
];

function* emptiesOf({ response }: Exchange, root: string, spared: Spared): Generator<Empty, undefined> {
  if (mayHoldEmpty(response?.body ?? '')) yield* emptyIn(jsonOf(response) ?? 0, root, spared);
}
