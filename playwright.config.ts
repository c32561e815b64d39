import { defineConfig } from '@playwright/test';
import { appsProject, conformanceProject } from './src/playwright/config.ts';

/** `npx playwright test --project conformance`: ASSAY_TARGET=payer.json, or else the embedded payer. See docs/playwright.md. */
export default defineConfig({
  outputDir: 'out/playwright/results',
  reporter: [['list'], ['html', { outputFolder: 'out/playwright/report', open: 'never' }]],
  projects: [
    conformanceProject({ testDir: 'test/playwright', testMatch: 'conformance.spec.ts' }),
    appsProject({ testDir: 'test/playwright', testMatch: 'apps.spec.ts' }),
    // Our reports in Chromium. The pages are made once for each file; a busy machine is not a fault of theirs.
    { name: 'reports', testDir: 'test/browser', timeout: 300_000, workers: 1 },
  ],
});
