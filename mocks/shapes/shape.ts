import type { Dataset } from '../../fixtures/dataset.ts';
import type { Step, Target } from '../../src/core/model.ts';
import type { Declares } from '../kernel/declares.ts';
import type { Gateway, PayerSetup, Route, Rules } from '../kernel/payer.ts';
import { withoutReferences } from './respell.ts';

/** What a payer does not have of all that the full one has. */
export interface Lacks {
  /** Every route of these steps. */
  readonly steps?: readonly Step[];
  /** Operations by name without `$`: routes and declarations. */
  readonly operations?: readonly string[];
  /** Resource types: neither served nor exported nor included. */
  readonly types?: readonly string[];
  /** Guides by package id: neither declared nor claimed. */
  readonly guides?: readonly string[];
  /** Guides that are followed in part: their CapabilityStatements are not instantiated. */
  readonly whole?: readonly string[];
  /** Members of the target file that fit nothing here. */
  readonly target?: readonly (keyof Target)[];
}

/**
 * A payer other than the full one that keeps every rule that binds it. Where a variation changes one answer, a shape changes what the payer is:
 * no requirement may turn to fail or warning at it, and no fault may pass.
 */
export interface Shape {
  readonly id: string;
  /** Sentence without subject: "serves Bulk Data and nothing else". */
  readonly title: string;
  /** Why a payer may be like this: the sentence of the guide that allows it, or the absence of one that forbids it. */
  readonly legalBecause: string;
  readonly lacks?: Lacks;
  readonly rules?: Partial<Rules>;
  /** Other members than the usual ones. */
  readonly people?: { readonly seed?: number; readonly members?: number };
  readonly data?: (full: Dataset) => Dataset;
  /** Rewrites what the areas declare, e.g. the versions of guides. */
  readonly declares?: (full: Declares) => Declares;
  /** Replaces or adds routes; asked first. */
  readonly routes?: readonly Route[];
  readonly proxy?: Gateway;
  readonly target?: (full: Target) => Target;
  /** Served on https; plain http is answered by a redirect, or its port is closed. */
  readonly https?: 'redirect' | 'closed';
  /** Warnings that this payer earns, by requirement, each with the reason. */
  readonly earns?: Readonly<Record<string, string>>;
}

const named = (guide: string, canonical: string): boolean => {
  const [, part = ''] = /^hl7\.fhir\.(?:us|uv)\.(.+)$/.exec(guide) ?? [];
  const spelt = { 'smart-app-launch': 'smart-app-launch', bulkdata: 'uv/bulkdata' }[part] ?? `us/${part}`;
  return canonical.includes(`/fhir/${spelt}/`);
};

/** The full payer's parts, changed into those of the shape. */
export function shaped(full: PayerSetup, { lacks = {}, rules = {}, data, declares, routes = [], proxy }: Shape): PayerSetup {
  const operations = new Set(lacks.operations);
  const [steps, types, guides] = [new Set(lacks.steps), new Set(lacks.types), lacks.guides ?? []];
  const keeps = (route: Route): boolean => !steps.has(route.step) && !operations.has(/\$([A-Za-z-]+)$/.exec(route.path)?.[1] ?? '');
  const claimed = (canonicals: readonly string[] | undefined) => (canonicals ?? []).filter((each) => !guides.some((guide) => named(guide, each)));
  const hidden: Partial<Rules> =
    types.size === 0
      ? {}
      : {
          offers: (type, interaction) => !types.has(type) && (rules.offers ?? full.honest.offers)(type, interaction),
          exportsType: (type) => !types.has(type) && full.honest.exportsType(type),
          mayDisclose: (resource, ...rest) => !types.has(resource.resourceType) && full.honest.mayDisclose(resource, ...rest),
        };
  const declared = full.declared.map((area) => ({
    ...area,
    operations: (area.operations ?? []).filter((each) => !operations.has(each.name) && !types.has(each.type ?? '')),
    reads: (area.reads ?? []).filter((each) => !types.has(each)),
    instantiates: claimed(area.instantiates).filter((each) => !lacks.whole?.some((guide) => named(guide, each))),
    guides: claimed(area.guides),
  }));
  return {
    ...full,
    routes: [...routes, ...full.routes.filter(keeps)],
    honest: { ...full.honest, ...rules, ...hidden },
    declared: declares === undefined ? declared : declared.map(declares),
    data: data?.(full.data) ?? withoutReferences(full.data, types),
    ...(proxy === undefined ? {} : { proxy }),
  };
}

/** The full payer's target file without what the shape lacks. */
export function targetOf(full: Target, { lacks = {}, target }: Shape): Target {
  const types = new Set(lacks.types);
  const kept = Object.fromEntries(Object.entries(full).filter(([name]) => !lacks.target?.includes(name as keyof Target))) as unknown as Target;
  const members = Object.entries(kept.members ?? {}).map(([role, member]) => [
    role,
    member.holds === undefined ? member : { ...member, holds: Object.fromEntries(Object.entries(member.holds).filter(([type]) => !types.has(type))) },
  ]);
  const guides = Object.fromEntries(Object.entries(kept.guides ?? {}).filter(([guide]) => !lacks.guides?.includes(guide)));
  const without: Target = { ...kept, auth: kept.auth ?? { kind: 'none' }, members: Object.fromEntries(members), guides };
  return target?.(without) ?? without;
}
