import { requirements } from '../../src/playwright/index.ts';

/** Every requirement of the catalogue against the payer of ASSAY_TARGET, or the embedded one. */
requirements();
