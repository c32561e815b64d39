import { accessShapes } from './access.ts';
import { crdShapes } from './crd.ts';
import { dataShapes } from './data.ts';
import { mannerShapes } from './manners.ts';
import { offerShapes } from './offers.ts';
import type { Shape } from './shape.ts';

export type { Shape } from './shape.ts';

/** Every legal payer other than the full one that verdicts are tried on. */
export const shapes: readonly Shape[] = [...offerShapes, ...accessShapes, ...crdShapes, ...dataShapes, ...mannerShapes];
