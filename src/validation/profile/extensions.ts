import type { Json } from '../../core/model.ts';
import { isAbsolute } from '../definitions/addresses.ts';
import type { Definitions, StructureDefinition } from '../definitions/definitions.ts';
import { contextErrata } from '../definitions/errata.ts';
import { isElement } from '../fhirpath/index.ts';
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
  /** The relative urls that the extension being compiled defines for its parts. */
  parts: readonly string[] | undefined,
  profile: (canonical: string, from: string) => { readonly check: Checker; readonly definition: StructureDefinition } | undefined,
): Checker {
  const known = new Map<string, Checker>();
  return (value, at) => {
    const url = isElement(value) ? value['url'] : undefined;
    if (typeof url !== 'string' || !isAbsolute(url)) {
      plain(value, at);
      if (typeof url === 'string') relative(url, at);
      return;
    }
    let check = known.get(url);
    if (!check) {
      check = forUrl(url);
      if (known.size < 1000) known.set(url, check);
    }
    check(value, at);
  };

  /** A relative url names a part of the extension around it, as that one's definition has it. Source: https://hl7.org/fhir/R4/extensibility.html#Extension */
  function relative(url: string, at: Context): void {
    if (!holder.types.includes('Extension'))
      report(at, 'error', 'extension.url', `Extension.url is absolute here, but this is '${url.slice(0, 80)}'.`);
    else if (parts && !parts.includes(url))
      report(at, 'error', 'extension.part', `'${url.slice(0, 80)}' is no part of this extension, which has ${parts.join(', ')}.`);
  }

  function forUrl(url: string): Checker {
    const found = profile(url, pack);
    if (!found) return plain;
    const { definition } = found;
    if (definition.type !== 'Extension') return plain;
    const also = contextErrata.find((each) => each.extension === url)?.also ?? [];
    const contexts = [...(definition.context ?? []), ...also.map((expression) => ({ type: 'element', expression }))];
    const modifier = definition.element?.[0]?.['isModifier'] === true;
    return (value, at) => {
      const asModifier = at.names[at.depth - 1] === 'modifierExtension';
      if (asModifier !== modifier)
        report(
          at,
          'error',
          'extension.modifier',
          `${url} is ${modifier ? 'a modifier, and belongs into modifierExtension' : 'no modifier, and belongs into extension'}.`,
        );
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
  // A FHIRPath context needs the whole resource typed; it does not count against the payload.
  if (type !== 'element') return true;
  if (expression === 'Element' || holder.types.includes(expression)) return true;
  const [first = '', ...rest] = expression.split('.');
  if (rest.length === 0) {
    if (holder.types.length > 0 && !definitions.type(first)) return true;
    return pathTo(at).join('.') === expression;
  }
  const path = pathTo(at);
  if (path.join('.') === expression) return true;
  if (byContent(path, definitions).join('.') === expression) return true;
  // A path within a datatype: only its tail is known here.
  return definitions.type(first)?.value.kind === 'complex-type' && path.slice(-rest.length).join('.') === rest.join('.');
}

/** `item.item`, `parameter.part`: elements that are defined as another one, by that one's path. */
function byContent(path: readonly string[], definitions: Definitions): readonly string[] {
  const elements = definitions.type(path[0] ?? '')?.value.element ?? [];
  let out: readonly string[] = path.slice(0, 1);
  for (const name of path.slice(1)) {
    out = [...out, name];
    const here = out.join('.');
    const target = elements.find((each) => each.path === here)?.contentReference;
    if (target !== undefined) out = target.slice(target.indexOf('#') + 1).split('.');
  }
  return out;
}

/** Path of the element that holds the extension, from its resource on, without indexes. */
function pathTo(at: Context): readonly string[] {
  const type: Json | undefined = isElement(at.resource) ? at.resource['resourceType'] : undefined;
  let start = 0;
  for (let i = 0; i < at.depth; i++) if (at.names[i] === 'resource' || at.names[i] === 'contained') start = i;
  const inner = at.names.slice(start + 1, at.depth - 1).map((each) => (each.includes('.ofType(') ? `${each.split('.')[0]}[x]` : each));
  return [String(type ?? ''), ...inner];
}
