/** The catalogue: what is judged, and what the wire cannot show. */

export type { Area, Variation } from '../../checks/area.ts';
export { checks, excluded, probesOf } from '../../checks/index.ts';
export { faults, type Injection, legalVariations } from '../../checks/injections.ts';
export { type Guide, guides } from '../core/guides.ts';
