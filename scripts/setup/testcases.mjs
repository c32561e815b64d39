import { existsSync, mkdirSync } from 'node:fs';
import { at, maven, say } from './shell.mjs';

/** Pinned: the expected lists in test/validation/official are of this version. */
const version = '1.7.69';
const folder = '.cache/testcases';

/** Unpacks HL7's test cases (R4 FHIRPath suite, validator suite) from Maven Central, once. Call only where there are Java and Maven. */
export async function fetchTestCases() {
  if (existsSync(at(`${folder}/${version}/org/hl7/fhir/testcases/validator/manifest.json`))) return say('HL7 test cases', version);
  say('HL7 test cases', `fetching ${version} with Maven (90 MB, once)`);
  // The goal leaves its markers in the working folder, whatever -DmarkersDirectory says.
  const cwd = at(folder);
  mkdirSync(cwd, { recursive: true });
  const { code, output } = await maven(
    [
      'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack',
      `-Dartifact=org.hl7.fhir.testcases:fhir-test-cases:${version}`,
      `-DoutputDirectory=${at(`${folder}/${version}`)}`,
      '-Dmdep.unpack.includes=org/hl7/fhir/testcases/validator/**,org/hl7/fhir/testcases/r4/**',
    ],
    { cwd, timeout: 600_000, every: (seconds) => say('HL7 test cases', `still fetching after ${seconds} s`) },
  );
  if (code === 0) return say('HL7 test cases', version);
  const why = `fetching them failed (${output.trim().split('\n').at(-1)})`;
  return { what: 'HL7 test cases', why, fix: 'node scripts/setup.mjs --for test, where Maven can fetch from Maven Central' };
}
