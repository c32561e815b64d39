import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { asString, at } from '../src/core/fhir.ts';
import type { Issue, Json } from '../src/core/model.ts';
import { claimsOf, createValidator, type Validator } from '../src/validation/port.ts';
import { startService } from '../src/validation/tier2/service.ts';
import { examplesOf } from '../test/validation/compare.ts';
import type { BenchRow } from './row.ts';

const guides = '../shared/igs';
const packages = ['hl7.fhir.us.core-3.1.1', 'hl7.fhir.us.core-6.1.0', 'hl7.fhir.us.carin-bb-2.0.0'].map((name) => `${guides}/${name}.tgz`);

/** Tier 1 (behind tier 0) on cached profiles, against the HL7 engine in the same run where it is built. Needs the guides' .tgz files. */
export async function bench(): Promise<BenchRow[]> {
  if (!packages.every((path) => existsSync(path)))
    throw new Error(`The guides are not in ${guides}: US Core 3.1.1, 6.1.0 and CARIN Blue Button 2.0.0 are needed.`);
  const validator = createValidator({ packages });
  const patients = ofType(`${guides}/hl7.fhir.us.core-6.1.0.tgz`, 'Patient');
  const eobs = ofType(`${guides}/hl7.fhir.us.carin-bb-2.0.0.tgz`, 'ExplanationOfBenefit');
  const patient = perSecond(validator, patients);
  const eob = perSecond(validator, eobs);
  const start = cold();
  const ratio = (rate: number, resources: readonly Json[]): number => rate / perSecond({ validate: parseAgain(resources) }, resources);
  return [
    { name: 'US Core Patients a second and core, tiers 0 and 1', value: patient, unit: '/s', atLeast: 10_000 },
    { name: 'C4BB ExplanationOfBenefits a second and core, tiers 0 and 1', value: eob, unit: '/s', atLeast: 3_000 },
    { name: 'US Core Patient / JSON.parse of the same', value: ratio(patient, patients), unit: 'ratio' },
    { name: 'C4BB ExplanationOfBenefit / JSON.parse of the same', value: ratio(eob, eobs), unit: 'ratio' },
    { name: 'start with three guides cached, to the first verdict', value: start.ms, unit: 'ms', atMost: 2_000 },
    { name: 'RSS after the first verdicts', value: start.megabytes, unit: 'MB', atMost: 400 },
    ...(await againstEngine(patients, patient, eobs, eob)),
  ];
}

const ofType = (file: string, type: string): readonly Json[] =>
  examplesOf(file).flatMap(({ resource }) => (asString(at(resource, 'resourceType')) === type ? [resource] : []));

/** The limit: each resource once more through JSON.parse, and nothing else. */
function parseAgain(resources: readonly Json[]): (resource: Json) => readonly Issue[] {
  const texts = new Map(resources.map((each) => [each, JSON.stringify(each)]));
  return (resource) => {
    JSON.parse(texts.get(resource) ?? '');
    return [];
  };
}

/** By processor time, so that a shared machine does not distort it. */
function perSecond(validator: Pick<Validator, 'validate'>, resources: readonly Json[]): number {
  const round = () => {
    for (const resource of resources) validator.validate(resource, claimsOf(resource));
  };
  for (let i = 0; i < 200; i++) round();
  const before = process.cpuUsage();
  let rounds = 0;
  for (const end = performance.now() + 3000; performance.now() < end; rounds++) round();
  const { user, system } = process.cpuUsage(before);
  return (rounds * resources.length * 1e6) / (user + system);
}

/** In a process of its own: this one has read archives. */
function cold(): { readonly ms: number; readonly megabytes: number } {
  const script = `
    const began = performance.now();
    const { createValidator } = await import(${JSON.stringify(new URL('../src/validation/port.ts', import.meta.url).href)});
    const validator = createValidator({ packages: ${JSON.stringify(packages)} });
    const claim = (profile) => ({ meta: { profile: [profile] } });
    validator.validate({ resourceType: 'Patient', name: [{ family: 'A' }] }, ['http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient']);
    validator.validate({ resourceType: 'ExplanationOfBenefit' }, ['http://hl7.org/fhir/us/carin-bb/StructureDefinition/C4BB-ExplanationOfBenefit-Pharmacy']);
    console.log(JSON.stringify({ ms: performance.now() - began, megabytes: process.memoryUsage.rss() / 1e6 }));`;
  const run = () =>
    JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })) as { ms: number; megabytes: number };
  run();
  return run();
}

async function againstEngine(patients: readonly Json[], patient: number, eobs: readonly Json[], eob: number): Promise<BenchRow[]> {
  const service = await startService({ packages: [packages[0] ?? '', packages[1] ?? '', packages[2] ?? ''] });
  if ('fix' in service) {
    console.error(`The HL7 engine is not run: ${service.why}. Fix: ${service.fix}`);
    return [];
  }
  try {
    const rate = async (resources: readonly Json[]): Promise<number> => {
      const texts = Array.from({ length: 40 }, (_, i) => JSON.stringify(resources[i % resources.length]));
      for (let i = 0; i < 4; i++) await service.validate(texts);
      const began = performance.now();
      await service.validate(texts);
      return (texts.length * 1000) / (performance.now() - began);
    };
    return [
      { name: 'times the HL7 engine, Patient', value: patient / (await rate(patients)), unit: 'x', atLeast: 50 },
      { name: 'times the HL7 engine, ExplanationOfBenefit', value: eob / (await rate(eobs)), unit: 'x', atLeast: 50 },
    ];
  } finally {
    await service.stop();
  }
}
