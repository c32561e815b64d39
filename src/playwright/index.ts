/**
 * `payer-assay/playwright`: Playwright as a front door. One run against the payer, each requirement one test; and a fixture for tests of your own.
 *
 * ```ts
 * // playwright.config.ts
 * import { defineConfig } from '@playwright/test';
 * import { conformanceProject } from 'payer-assay/playwright';
 * export default defineConfig({ projects: [conformanceProject({ testDir: 'conformance' })] });
 *
 * // conformance/payer.spec.ts
 * import { assay, requirements } from 'payer-assay/playwright';
 * requirements();
 * assay('the capability statement was read', ({ payerRun }) => payerRun.verdict('cc3.metadata.valid'));
 * ```
 *
 * It needs `@playwright/test` beside it. ASSAY_TARGET names the target file; without it the payer that comes with the tool is tested.
 */
export { appsProject, conformanceProject } from './config.ts';
export { type AssayOptions, assay, type PayerRun } from './fixture.ts';
export { requirements } from './requirements.ts';
