import type { Json } from '../../core/model.ts';
import type { Definitions, StructureDefinition } from '../definitions.ts';
import { contextErrata } from '../errata.ts';
import { isElement } from '../fhirpath/values.ts';
import { type Checker, type Context, report } from './context.ts';

/** Where extensions may stand: the type that holds them, with its ancestors. */
export interface Holder {
  readonly types: readonly string[];
}

/** Checks any extension: by its own definition where that is loaded, else as a plain Extension. */
export function extensionChecker(
  definitions: Definitions,
  pack: string,
  holder: Holder,
  plain: Checker,
  profile: (canonical: string, from: string) => { readonly check: Checker; readonly definition: StructureDefinition } | undefined,
): Checker {
  const known = new Map<string, Checker>();
  return (value, at) => {
    const url = isElement(value) ? value['url'] : undefined;
    if (typeof url !== 'string' || !url.includes(':')) {
      plain(value, at);
      return;
    }
    let check = known.get(url);
    if (!check) {
      check = forUrl(url);
      if (known.size < 1000) known.set(url, check);
    }
    check(value, at);
  };

  function forUrl(url: string): Checker {
    const found = profile(url, pack);
    if (!found) return plain;
    const { definition } = found;
    if (definition.type !== 'Extension') return plain;
    const also = contextErrata.find((each) => each.extension === url)?.also ?? [];
    const contexts = [...(definition.context ?? []), ...also.map((expression) => ({ type: 'element', expression }))];
    return (value, at) => {
      if (contexts.length > 0 && !contexts.some((context) => fits(context, at, holder, definitions)))
        report(
          at,
          'error',
          'extension.context',
          `${url} is not meant for this place, only for ${contexts.map((each) => each.expression).join(', ')}.`,
        );
      found.check(value, at);
    };
  }
}

function fits(context: { readonly type: string; readonly expression: string }, at: Context, holder: Holder, definitions: Definitions): boolean {
  const { type, expression } = context;
  // A FHIRPath context needs the whole resource typed; it is not held against the payload.
  if (type !== 'element') return true;
  if (expression === 'Element' || holder.types.includes(expression)) return true;
  const [first = '', ...rest] = expression.split('.');
  if (rest.length === 0) {
    if (holder.types.length > 0 && !definitions.type(first)) return true;
    return pathTo(at).join('.') === expression;
  }
  const path = pathTo(at);
  if (path.join('.') === expression) return true;
  // item.item.item is one element by content reference.
  if (path.filter((name, i) => name !== path[i - 1]).join('.') === expression) return true;
  // A path within a datatype: only its tail is known here.
  return definitions.type(first)?.value.kind === 'complex-type' && path.slice(-rest.length).join('.') === rest.join('.');
}

/** Path of the element that holds the extension, from its resource on, without indexes. */
function pathTo(at: Context): readonly string[] {
  const type: Json | undefined = isElement(at.resource) ? at.resource['resourceType'] : undefined;
  let start = 0;
  for (let i = 0; i < at.depth; i++) if (at.names[i] === 'resource' || at.names[i] === 'contained') start = i;
  const inner = at.names.slice(start + 1, at.depth - 1).map((each) => (each.includes('.ofType(') ? `${each.split('.')[0]}[x]` : each));
  return [String(type ?? ''), ...inner];
}
