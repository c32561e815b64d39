import type { Source } from '../src/core/model.ts';

/** The use case of the FHIR at Scale Taskforce: a document without a version or an address of its own, so its section is all there is to cite. */
export const useCase = (section: string): Source => ({
  ig: 'FAST use case: provider requests patient information from plan',
  version: '',
  url: '',
  section,
});
