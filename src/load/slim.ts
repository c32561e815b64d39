import { readFile } from 'node:fs/promises';
import { type AnyNode, type ObjectExpression, type Property, parse } from 'acorn';
import { type Plugin, transform } from 'esbuild';

/** What a check carries beside its judge, and an area beside its checks. */
const besideJudge = new Set(['faults', 'probes', 'mustSee', 'text', 'source', 'lines', 'scenarios']);
const besideChecks = new Set(['variations', 'excluded']);

/**
 * Takes out of the catalogue's files what judging does not need, so that the bundle is half as long and a virtual user holds a third: texts, sources,
 * faults, and with the faults the helpers that only they use.
 */
export const judgesOnly: Plugin = {
  name: 'judges only',
  setup({ onLoad, onResolve, resolve }) {
    onLoad({ filter: /[\\/]checks[\\/].*\.[jt]s$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, 'utf8'), { loader: 'ts', format: 'esm', target: 'es2022' });
      return { contents: withoutTheRest(code), loader: 'js' };
    });
    // Nothing here does anything when it is loaded: what is not used may go.
    onResolve({ filter: /^\.\.?\// }, async ({ path, pluginData, ...about }) => {
      if (pluginData === 'resolving' || !/[\\/](?:checks|core)[\\/]/.test(about.importer)) return undefined;
      return { ...(await resolve(path, { ...about, pluginData: 'resolving' })), sideEffects: false };
    });
  },
};

/** JavaScript with those properties cut out of every literal that is a check or an area. */
export function withoutTheRest(code: string): string {
  const cuts: (readonly [number, number])[] = [];
  walk(parse(code, { ecmaVersion: 'latest', sourceType: 'module' }), (node) => {
    const names = new Map(node.properties.flatMap((each) => (each.type === 'Property' ? [[nameOf(each), each] as const] : [])));
    // A judge may come by a spread; every check has faults.
    const beside = names.has('judge') || names.has('faults') ? besideJudge : names.has('checks') ? besideChecks : undefined;
    if (!beside) return;
    for (const [index, property] of node.properties.entries())
      if (property.type === 'Property' && beside.has(nameOf(property)))
        cuts.push([property.start, node.properties[index + 1]?.start ?? node.end - 1]);
  });
  // What lies inside another cut goes with it; and the last first, so that what comes before stays where it is.
  const outer = cuts.filter(([from, to], nth) => !cuts.some(([a, b], other) => other !== nth && a <= from && to <= b));
  return outer.sort(([a], [b]) => b - a).reduce((text, [from, to]) => text.slice(0, from) + text.slice(to), code);
}

const nameOf = ({ key }: Property): string => (key.type === 'Identifier' ? key.name : key.type === 'Literal' ? String(key.value) : '');

function walk(node: AnyNode, visit: (node: ObjectExpression) => void): void {
  if (node.type === 'ObjectExpression') visit(node);
  for (const value of Object.values(node)) for (const each of [value].flat()) if (isNode(each)) walk(each, visit);
}

const isNode = (value: unknown): value is AnyNode => typeof value === 'object' && value !== null && 'type' in value;
