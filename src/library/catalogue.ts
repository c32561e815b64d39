/** The catalogue: what is judged, and what the wire cannot show. */

export type { Area, Variation } from '../../checks/area.ts';
export { checks, excluded, probesOf } from '../../checks/index.ts';
export { faults, legalVariations, type Plant } from '../../checks/plants.ts';
export { type Guide, guides } from '../core/guides.ts';
