import type { Source } from '../../src/core/model.ts';

/** A section of the UDAP Security guide, e.g. `discovery.html#signed-metadata-elements`. */
export const guide = (section: string, version = '2.0.0'): Source => ({
  ig: 'hl7.fhir.us.udap-security',
  version,
  url: `http://hl7.org/fhir/us/udap-security/${section}`,
  section,
});

/** A section of the UDAP.org profiles that the guide builds on, e.g. `udap-jwt-client-auth-stu1.html#section-6`. */
export const profile = (section: string): Source => ({
  ig: 'UDAP.org profiles (STU1)',
  version: 'STU1',
  url: `https://www.udap.org/${section}`,
  section,
});
