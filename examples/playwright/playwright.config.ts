import { defineConfig } from '@playwright/test';
import { conformanceProject } from 'payer-assay/playwright';

/** `npx playwright test --grep @cc3`: the payer of ASSAY_TARGET, or the embedded one. */
export default defineConfig({
  projects: [conformanceProject({ testDir: 'conformance' })],
});
