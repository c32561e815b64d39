import { existsSync } from 'node:fs';
import { at, maven, say } from './shell.mjs';

/** Builds the small Java service round the HL7 engine, once; nothing to do where it stands. Call only where there are Java and Maven. */
export async function buildValidator() {
  if (existsSync(at('validator/target/validator-service.jar')) && existsSync(at('validator/target/lib'))) return say('validator', 'built');
  say('validator', 'building the HL7 engine as a service with Maven (about 1 minute, once)');
  const every = (seconds) => say('validator', `still building after ${seconds} s`);
  const { code, output } = await maven(['-f', at('validator/pom.xml'), 'package'], { timeout: 600_000, every });
  if (code === 0) return say('validator', 'built');
  const why = `building it failed (${output.trim().split('\n').at(-1)})`;
  return { what: 'HL7 validator', why, fix: 'mvn -q -B -f validator/pom.xml package' };
}
