import { accessShapes } from './access.ts';
import { crdShapes } from './crd.ts';
import { dataShapes } from './data.ts';
import { mannerShapes } from './manners.ts';
import { offerShapes } from './offers.ts';
import { peopleShapes } from './people.ts';
import type { Shape } from './shape.ts';
import { versionShapes } from './versions.ts';
import { wireShapes } from './wire.ts';

export type { Shape } from './shape.ts';

/** Every legal payer other than the full one that verdicts are tried on. */
export const shapes: readonly Shape[] = [
  ...offerShapes,
  ...accessShapes,
  ...crdShapes,
  ...dataShapes,
  ...peopleShapes,
  ...mannerShapes,
  ...wireShapes,
  ...versionShapes,
];
