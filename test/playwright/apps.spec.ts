import { requirements } from '../../src/playwright/index.ts';

/** Every requirement about SMART apps: those of ASSAY_TARGET, or the embedded payer's. */
requirements({ apps: true });
