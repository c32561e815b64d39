import { existsSync } from 'node:fs';

const place = '.cache/testcases/1.7.69/org/hl7/fhir/testcases';

/** Where set-up unpacks HL7's test cases; undefined where it could not. */
export const testCases = existsSync(`${place}/validator/manifest.json`) ? place : undefined;

/** For `skip`. */
export const whyNot =
  testCases === undefined
    ? 'HL7 test cases (org.hl7.fhir.testcases from Maven Central) are not there. Run `node scripts/setup.mjs --for test` with Maven'
    : false;
