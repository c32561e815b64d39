import type { Source } from '../src/core/model.ts';

/**
 * A publication that rows cite. `ig`: package id or name; `version`: the edition whose words were read (for which editions a row holds is said by
 * `holds`); `root`: where its pages are. The function it gives turns a page, e.g. `export.html#headers`, into a source; `section` says more than the page
 * where the page has no anchor of its own.
 */
export const publication =
  (ig: string, version: string, root: string) =>
  (page: string, section = page): Source => ({ ig, version, url: `${root}${page}`, section });

export const r4 = publication('hl7.fhir.r4.core', '4.0.1', 'http://hl7.org/fhir/R4/');
export const bulkData = publication('hl7.fhir.uv.bulkdata', '2.0.0', 'http://hl7.org/fhir/uv/bulkdata/STU2/');
export const bulkData3 = publication('hl7.fhir.uv.bulkdata', '3.0.0', 'http://hl7.org/fhir/uv/bulkdata/');
export const usCore = publication('hl7.fhir.us.core', '7.0.0', 'http://hl7.org/fhir/us/core/STU7/');
export const smart = publication('hl7.fhir.uv.smart-app-launch', '2.2.0', 'http://hl7.org/fhir/smart-app-launch/STU2.2/');
export const atr = publication('hl7.fhir.us.davinci-atr', '2.1.0', 'http://hl7.org/fhir/us/davinci-atr/');
export const pdex = publication('hl7.fhir.us.davinci-pdex', '2.1.0', 'http://hl7.org/fhir/us/davinci-pdex/STU2.1/');
export const pdex22 = publication('hl7.fhir.us.davinci-pdex', '2.2.0', 'http://hl7.org/fhir/us/davinci-pdex/');
export const planNet = publication('hl7.fhir.us.davinci-pdex-plan-net', '1.2.0', 'http://hl7.org/fhir/us/davinci-pdex-plan-net/');
export const hrex = publication('hl7.fhir.us.davinci-hrex', '1.1.0', 'http://hl7.org/fhir/us/davinci-hrex/');
export const carinBB = publication('hl7.fhir.us.carin-bb', '2.1.0', 'http://hl7.org/fhir/us/carin-bb/STU2.1/');
export const identityMatching = publication('hl7.fhir.us.identity-matching', '2.0.0', 'http://hl7.org/fhir/us/identity-matching/');
export const deqm = publication('hl7.fhir.us.davinci-deqm', '5.0.0', 'http://hl7.org/fhir/us/davinci-deqm/');
export const ndh = publication('hl7.fhir.us.ndh', '1.0.0', 'http://hl7.org/fhir/us/ndh/');
export const crd = publication('hl7.fhir.us.davinci-crd', '2.2.1', 'http://hl7.org/fhir/us/davinci-crd/');
export const crd20 = publication('hl7.fhir.us.davinci-crd', '2.0.1', 'http://hl7.org/fhir/us/davinci-crd/STU2/');
export const cdsHooks = publication('CDS Hooks', '2.0', 'https://cds-hooks.hl7.org/2.0/');
/** UDAP Security, e.g. `discovery.html#signed-metadata-elements`. */
export const udapSecurity = publication('hl7.fhir.us.udap-security', '2.0.0', 'http://hl7.org/fhir/us/udap-security/');
/** The UDAP.org profiles that UDAP Security builds on, e.g. `udap-jwt-client-auth-stu1.html#section-6`. */
export const udapProfiles = publication('UDAP.org profiles (STU1)', 'STU1', 'https://www.udap.org/');
/** A section of an RFC, e.g. `rfc(6749, '2012', '5.2')`. */
export const rfc = (number: number, year: string, section: string): Source =>
  publication(`RFC ${number}`, year, `https://www.rfc-editor.org/rfc/rfc${number}`)(`#section-${section}`, `section ${section}`);

/** The use case of the FHIR at Scale Taskforce: a document without a version or an address of its own, so its section is all there is to cite. */
export const useCase = (section: string): Source => ({
  ig: 'FAST use case: provider requests patient information from plan',
  version: '',
  url: '',
  section,
});
