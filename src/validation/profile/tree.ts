import type { ElementDefinition, StructureDefinition } from '../definitions/definitions.ts';

/** An element of a snapshot with its children and slices. */
export interface Node {
  readonly def: ElementDefinition;
  /** Element name as in the path: `value[x]`. */
  readonly name: string;
  readonly children: Node[];
  readonly slices: Node[];
}

/** Builds the tree of a snapshot by element ids. Elements whose parent is missing are left out. */
export function treeOf(definition: StructureDefinition): Node | undefined {
  const byId = new Map<string, Node>();
  let root: Node | undefined;
  for (const def of definition.element ?? []) {
    const segments = def.id.split('.');
    const last = segments.at(-1) ?? '';
    const parentId = segments.slice(0, -1).join('.');
    const node: Node = { def, name: last.split(':')[0] ?? last, children: [], slices: [] };
    byId.set(def.id, node);
    if (parentId === '') {
      root ??= node;
      continue;
    }
    if (last.includes(':')) slicedBy(byId, parentId, last)?.slices.push(node);
    else byId.get(parentId)?.children.push(node);
  }
  return root;
}

/** The node that a slice belongs to; `a/b` re-slices the slice `a`. */
function slicedBy(byId: ReadonlyMap<string, Node>, parentId: string, last: string): Node | undefined {
  const [name, slice = ''] = last.split(':');
  const outer = slice.includes('/') ? byId.get(`${parentId}.${name}:${slice.slice(0, slice.lastIndexOf('/'))}`) : undefined;
  return outer ?? byId.get(`${parentId}.${name}`);
}

/** Finds a node by element id, for content references. */
export function nodeById(root: Node, id: string): Node | undefined {
  if (root.def.id === id) return root;
  for (const child of [...root.children, ...root.slices]) {
    const found = id.startsWith(child.def.id) ? nodeById(child, id) : undefined;
    if (found) return found;
  }
  return undefined;
}

/** fixed[x] or pattern[x] of an element. */
export function fixedOf(def: ElementDefinition): { readonly kind: 'fixed' | 'pattern'; readonly value: unknown } | undefined {
  for (const key of Object.keys(def)) {
    if (/^fixed[A-Z]/.test(key)) return { kind: 'fixed', value: def[key] };
    if (/^pattern[A-Z]/.test(key)) return { kind: 'pattern', value: def[key] };
  }
  return undefined;
}
