import type { Fault } from '../src/core/model.ts';
import { checks, variations } from './index.ts';

/** Something that can be injected in the embedded payer, under a stable id for `mock --fault` and reports. */
export interface Injection {
  readonly id: string;
  /** The requirement that must turn to fail; absent for a legal variation, under which nothing may. */
  readonly requirement?: string;
  readonly fault: Fault;
}

/** `cc2.token.replay/accepts-a-replayed-jti`. */
export const slug = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60);

/** Every defect of every check, under its id. */
export const faults: readonly Injection[] = checks.flatMap((check) =>
  check.faults.map((fault) => ({ id: `${check.id}/${slug(fault.name)}`, requirement: check.id, fault })),
);

/** Every way in which an honest payer may differ, under its id. */
export const legalVariations: readonly Injection[] = variations.map((fault) => ({ id: `variation/${slug(fault.name)}`, fault }));
