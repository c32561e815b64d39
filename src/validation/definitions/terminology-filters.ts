import type { Answer, Concept, Include } from './definitions.ts';

type Filter = NonNullable<Include['filter']>[number];

interface Node {
  readonly concept: Concept;
  readonly parents: Set<string>;
}

/** Membership of the codes that pass every filter of an include. A filter that is not understood answers undefined. */
export function filterCodes(concepts: readonly Concept[], filters: readonly Filter[], complete: boolean): (code: string) => Answer {
  const nodes = new Map<string, Node>();
  const walk = (list: readonly Concept[], parent: string | undefined): void => {
    for (const concept of list) {
      const node = nodes.get(concept.code) ?? { concept, parents: new Set<string>() };
      if (parent !== undefined) node.parents.add(parent);
      // Some systems are flat and name their parents in a property instead.
      for (const each of concept.property ?? []) {
        if ((each.code === 'subsumedBy' || each.code === 'parent') && typeof each['valueCode'] === 'string') node.parents.add(each['valueCode']);
      }
      nodes.set(concept.code, node);
      if (concept.concept) walk(concept.concept, concept.code);
    }
  };
  walk(concepts, undefined);

  const isBelow = (code: string, root: string, seen = new Set<string>()): boolean => {
    if (seen.has(code)) return false;
    seen.add(code);
    return [...(nodes.get(code)?.parents ?? [])].some((parent) => parent === root || isBelow(parent, root, seen));
  };

  const test = (filter: Filter, code: string, node: Node): Answer => {
    const { property, op, value } = filter;
    switch (op) {
      case 'is-a':
        return code === value || isBelow(code, value);
      case 'descendent-of':
        return isBelow(code, value);
      case 'is-not-a':
        return code !== value && !isBelow(code, value);
      case 'generalizes':
        return code === value || isBelow(value, code);
      case '=':
        return valuesOf(node, property).includes(value);
      case 'in':
        return valuesOf(node, property).some((each) => value.split(',').includes(each));
      case 'not-in':
        return !valuesOf(node, property).some((each) => value.split(',').includes(each));
      case 'exists':
        return valuesOf(node, property).length > 0 === (value === 'true');
      default:
        return undefined;
    }
  };

  return (code) => {
    const node = nodes.get(code);
    if (!node) return complete ? false : undefined;
    let answer: Answer = true;
    for (const filter of filters) {
      const one = test(filter, code, node);
      if (one === false) return false;
      if (one === undefined) answer = undefined;
    }
    return answer;
  };
}

function valuesOf(node: Node, property: string): readonly string[] {
  if (property === 'code' || property === 'concept') return [node.concept.code];
  if (property === 'parent') return [...node.parents];
  return (node.concept.property ?? [])
    .filter((each) => each.code === property)
    .map((each) => {
      const value = Object.entries(each).find(([key]) => key.startsWith('value'))?.[1];
      return typeof value === 'object' && value !== null && 'code' in value ? String(value['code']) : String(value);
    });
}
