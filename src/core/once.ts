import type { Json } from './json.ts';

/** Smaller resources are not looked for, characters. */
const large = 2 ** 18;
/** Large resources by how they begin and end. Nothing is kept here that nobody else holds. */
const known = new Map<string, WeakRef<object>>();

type Properties = { readonly [key: string]: Json };
const isProperties = (value: Json | undefined): value is Properties => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The same value, in which a large resource that an earlier answer brought in the same words is that very one: a list of thousands of members is found by six
 * searches and read by four requests, and each reading of it takes twice its text. `size`: of the text, characters.
 */
export function heldOnce(value: Json | undefined, size: number): Json | undefined {
  // k6's engine has none, and no large answers either.
  if (size < large || typeof WeakRef === 'undefined' || !isProperties(value)) return value;
  if (value['resourceType'] !== 'Bundle') return once(value);
  const { entry } = value;
  if (!Array.isArray(entry) || size / entry.length < large / 4) return value;
  const held = entry.map((each: Json) =>
    isProperties(each) && isProperties(each['resource']) ? { ...each, resource: once(each['resource']) } : each,
  );
  return { ...value, entry: held };
}

function once(resource: Properties): Properties {
  const text = written(resource);
  if (text === undefined || text.length < large) return resource;
  const key = `${text.length} ${text.slice(0, 200)} ${text.slice(-200)}`;
  const earlier = known.get(key)?.deref() as Properties | undefined;
  if (earlier !== undefined && written(earlier) === text) return earlier;
  known.set(key, new WeakRef(resource));
  return resource;
}

/** undefined: it nests deeper than can be written. */
function written(value: Properties): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
