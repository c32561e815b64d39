/** White space as the patterns of FHIR mean it, which are those of XML Schema: no-break spaces are text. */
const dark = '[^ \\t\\r\\n]';

/** Patterns of the primitive types that are texts. Tier 0 puts those that differ into the JSON schema (errata.ts). */
export const primitivePatterns = {
  string: '^[\\s\\S]+$',
  uri: `^${dark}+$`,
  code: `^${dark}+( ${dark}+)*$`,
  base64Binary: '^[A-Za-z0-9+/= \\t\\r\\n]+$',
} as const;
