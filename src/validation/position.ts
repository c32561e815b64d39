import { findNodeAtLocation, type Node, parseTree } from 'jsonc-parser';

/** The text asked about last: the issues of one payload come together. */
let last: { readonly text: string; readonly tree: Node | undefined } | undefined;

/**
 * Finds on which line of a JSON text an element stands.
 * `expression` is the FHIRPath of an issue: `Patient.name[0].given[1]`, `Observation.value.ofType(Quantity).code`.
 * Answers the line of the deepest part that is there (a missing element is reported at its parent), from 1.
 */
export function lineOf(text: string, expression: string): number {
  // Most servers send one line.
  if (!text.includes('\n')) return 1;
  if (last?.text !== text) last = { text, tree: parseTree(text) };
  const { tree } = last;
  if (!tree) return 1;
  const path = segments(expression);
  for (let length = path.length; length >= 0; length--) {
    const found = length === 0 ? tree : findNodeAtLocation(tree, path.slice(0, length));
    if (found) return text.slice(0, found.offset).split('\n').length;
  }
  return 1;
}

function segments(expression: string): (string | number)[] {
  const plain = expression.replace(
    /\.(\w+)\.ofType\((\w)(\w*)\)/g,
    (_, name: string, first: string, rest: string) => `.${name}${first.toUpperCase()}${rest}`,
  );
  const out: (string | number)[] = [];
  for (const [, name, index] of plain.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    if (index !== undefined) out.push(Number(index));
    else if (name !== undefined) out.push(name);
  }
  return out.slice(1);
}
