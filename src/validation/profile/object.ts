import type { Json } from '../../core/model.ts';
import { isElement } from '../fhirpath/index.ts';
import { type Checker, type Context, enter, report, visit } from './context.ts';
import { jsonType } from './primitives.ts';
import type { Slicing } from './slicing.ts';

/** One child element as the JSON of its parent shows it. */
export interface Slot {
  /** Name without [x]. */
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Written as a JSON array. */
  readonly array: boolean;
  readonly variants: readonly Variant[];
  readonly slicing?: Slicing;
  /** A choice element: one variant at most. */
  readonly choice: boolean;
}

/** One JSON property of a slot; choices have several. */
export interface Variant {
  /** JSON property name: `valueQuantity`. */
  readonly key: string;
  /** FHIRPath segment: `value.ofType(Quantity)`. */
  readonly segment: string;
  readonly primitive: boolean;
  check: Checker;
  /** Checks the `_key` object of a primitive. */
  beside: Checker;
  readonly required?: boolean;
}

interface Key {
  readonly slot: Slot;
  readonly variant: Variant;
  readonly beside: boolean;
  /** Bits of what has to be there, or is missed, and is there with this key. */
  readonly bits: number;
}

/** As many bits as a small integer has. */
const mostBits = 30;

/** Checks a JSON object with exactly these children: names, JSON shape, cardinality, choice, slices; then each child. */
export function objectChecker(slots: readonly Slot[], what: string, resource: boolean): Checker {
  const needed = slots.filter((slot) => slot.min > 0 && slot.variants.length > 0);
  const typed = slots.flatMap((slot) => slot.variants.filter((variant) => variant.required === true && slot.variants.length > 1));
  const sliced = slots.filter((slot) => slot.slicing !== undefined);
  const watched: readonly (Slot | Variant)[] = [...new Set([...needed, ...typed, ...sliced])];
  const all = watched.length > mostBits ? -1 : 2 ** watched.length - 1;
  const bitOf = (one: Slot | Variant): number => (watched.includes(one) ? 2 ** watched.indexOf(one) : 0);
  const keys = new Map<string, Key>();
  for (const slot of slots) {
    for (const variant of slot.variants) {
      const bits = all < 0 ? 0 : bitOf(slot) | bitOf(variant);
      keys.set(variant.key, { slot, variant, beside: false, bits });
      if (variant.primitive) keys.set(`_${variant.key}`, { slot, variant, beside: true, bits });
    }
  }

  return (value, at) => {
    if (!isElement(value)) {
      report(at, 'error', 'json', `${what} is a JSON object, but this is ${jsonType(value)}.`);
      return;
    }
    visit(at);
    let some = false;
    let seen = 0;
    let chosen: Map<Slot, Variant> | undefined;
    for (const name in value) {
      const key = keys.get(name);
      if (!key) {
        if (resource && name === 'resourceType') continue;
        report(at, 'error', 'unknown', unknownText(name, what, slots), safeName(name));
        continue;
      }
      some = true;
      const each = value[name] as Json;
      if (each !== undefined) seen |= key.bits;
      if (key.slot.choice) {
        chosen ??= new Map();
        const other = chosen.get(key.slot);
        if (other && other !== key.variant)
          report(at, 'error', 'choice', `${key.slot.name}[x] may be given once, but ${other.key} and ${key.variant.key} are both there.`);
        chosen.set(key.slot, key.variant);
      }
      if (key.beside) checkBeside(each, value[key.variant.key], key, at);
      else checkValue(each, value, key, at);
    }
    if (!some && !resource) report(at, 'error', 'ele-1', 'An element has a value or children, but this object is empty.');
    if (seen === all) return;
    for (const slot of needed)
      if (!present(slot, value)) report(at, 'error', 'min', `${slot.name} is required (at least ${slot.min}), but it is absent.`);
    for (const variant of typed)
      if (value[variant.key] === undefined && value[`_${variant.key}`] === undefined)
        report(at, 'error', 'min', `${variant.key} is required, but it is absent.`);
    for (const slot of sliced) if (!present(slot, value)) slot.slicing?.absent(at, slot.name);
  };
}

function present(slot: Slot, value: { readonly [key: string]: Json }): boolean {
  for (const { key, primitive } of slot.variants) if (value[key] !== undefined || (primitive && value[`_${key}`] !== undefined)) return true;
  return false;
}

function checkValue(value: Json, parent: { readonly [key: string]: Json }, { slot, variant }: Key, at: Context): void {
  if (slot.max === 0) {
    report(at, 'error', 'max', `${slot.name} is not allowed here.`, variant.key);
    return;
  }
  if (!slot.array) {
    if (Array.isArray(value)) {
      report(at, 'error', 'json', `${variant.key} does not repeat, but this is an array.`, variant.key);
      return;
    }
    enter(at, variant.segment, -1);
    if (value === null) report(at, 'error', 'json', 'null is no value.');
    else variant.check(value, at);
    at.depth--;
    return;
  }
  if (!Array.isArray(value)) {
    report(at, 'error', 'json', `${variant.key} repeats and is a JSON array, but this is ${jsonType(value)}.`, variant.key);
    return;
  }
  const items = value as readonly Json[];
  if (items.length === 0) report(at, 'error', 'json', `${variant.key} is an empty array; leave it out instead.`, variant.key);
  if (items.length > slot.max)
    report(
      at,
      'error',
      'max',
      `${slot.name} may be given ${slot.max === 1 ? 'once' : `${slot.max} times`}, but there are ${items.length}.`,
      variant.key,
    );
  if (items.length < slot.min) report(at, 'error', 'min', `${slot.name} is required ${slot.min} times, but there are ${items.length}.`, variant.key);
  const state = slot.slicing?.begin();
  for (let i = 0; i < items.length; i++) {
    const item = items[i] as Json;
    enter(at, variant.segment, i);
    if (item === null) {
      const beside = parent[`_${variant.key}`];
      if (!variant.primitive || !Array.isArray(beside) || !isElement(beside[i]))
        report(at, 'error', 'json', 'null is allowed only where the extension array next to it has an entry.');
    } else if (slot.slicing && state) slot.slicing.item(item, state, at, variant.check);
    else variant.check(item, at);
    at.depth--;
  }
  if (slot.slicing && state) slot.slicing.end(state, at, variant.key);
}

function checkBeside(value: Json | undefined, primary: Json | undefined, { slot, variant }: Key, at: Context): void {
  if (slot.max === 0) {
    if (primary === undefined) report(at, 'error', 'max', `${slot.name} is not allowed here.`, variant.key);
    return;
  }
  if (slot.array !== Array.isArray(value)) {
    report(
      at,
      'error',
      'json',
      `_${variant.key} is ${slot.array ? 'a JSON array' : 'a JSON object'}, but this is ${jsonType(value)}.`,
      `_${variant.key}`,
    );
    return;
  }
  const items = (Array.isArray(value) ? value : [value]) as readonly Json[];
  if (items.length === 0) report(at, 'error', 'json', `_${variant.key} is an empty array; leave it out instead.`, variant.key);
  items.forEach((item, i) => {
    if (item === null && slot.array) {
      const mate = Array.isArray(primary) ? primary[i] : undefined;
      if (mate === undefined || mate === null)
        report(at, 'error', 'json', `_${variant.key}[${i}] is null, and so is the value next to it: one of them must be there.`, `_${variant.key}`);
      return;
    }
    enter(at, variant.segment, slot.array ? i : -1);
    variant.beside(item, at);
    at.depth--;
  });
}

function unknownText(name: string, what: string, slots: readonly Slot[]): string {
  const choice = slots.find((slot) => slot.choice && name.startsWith(slot.name) && /^[A-Z]/.test(name.slice(slot.name.length)));
  if (choice)
    return `${safeName(name)} is not among the types allowed for ${choice.name}[x]: ${choice.variants
      .map((each) => each.key)
      .slice(0, 8)
      .join(', ')}.`;
  return `${what} has no element ${safeName(name)}.`;
}

const safeName = (name: string): string => (name.length > 64 ? `${name.slice(0, 63)}…` : name).replace(/[^\w.-]/g, '?');
