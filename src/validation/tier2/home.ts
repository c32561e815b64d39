import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../../disk/folder.ts';
import { root } from '../../package/tool.ts';
import { PackageError } from '../packages/archive.ts';
import { workFolder } from '../packages/folders.ts';
import { addPackage } from '../packages/store.ts';

/** The engine insists on this one; nothing in it is needed, so an empty package serves. */
const stub = 'hl7.fhir.xver-extensions#0.1.0';

/** The engine's private home, and `id#version` of what to load, in order. */
export interface Home {
  /** For -Duser.home. */
  readonly folder: string;
  readonly names: readonly string[];
}

/**
 * Fills the engine's private home with these packages.
 * It is never the user's own ~/.fhir: the engine wipes a cache whose packages.ini it does not like.
 * @throws PackageError when a package is absent.
 */
export function prepareHome(packages: readonly string[], cache: string): Home {
  const folder = workFolder('engine');
  const inside = join(folder, '.fhir', 'packages');
  makeFolder(inside);
  writeFileSync(join(folder, '.fhir', 'fhir-settings.json'), JSON.stringify({ ignoreDefaultPackageServers: true, prohibitNetworkAccess: true }));
  if (!existsSync(join(inside, stub)))
    writePackage(join(inside, stub), { name: 'hl7.fhir.xver-extensions', version: '0.1.0', fhirVersions: ['4.0.1'], dependencies: {} });
  const names = packages.map((name) => {
    if (!/\.(tgz|tar\.gz)$/.test(name)) {
      if (!existsSync(join(inside, name))) copyPackage(name, cache, inside);
      return name;
    }
    const added = addPackage(name, inside);
    strip(join(inside, added));
    return added;
  });
  return { folder, names };
}

function copyPackage(name: string, cache: string, folder: string): void {
  const source = join(cache, name);
  if (!existsSync(join(source, 'package', 'package.json')))
    throw new PackageError(`Package ${name} is not in ${cache}. Add it with \`payer-assay ig add ${name}\`.`);
  const draft = join(folder, `.copying-${name}-${process.pid}`);
  cpSync(source, draft, { recursive: true });
  strip(draft);
  renameSync(draft, join(folder, name));
}

/** Drops stale indexes, and every dependency but the core: the engine would try to download absent ones, and the set names all that shall be loaded. */
function strip(root: string): void {
  const inner = join(root, 'package');
  for (const file of readdirSync(inner)) if (/^\.index\.(json|db)$/.test(file)) rmSync(join(inner, file));
  const path = join(inner, 'package.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  writeFileSync(path, JSON.stringify({ ...manifest, dependencies: { 'hl7.fhir.r4.core': '4.0.1' } }));
}

function writePackage(root: string, manifest: object): void {
  makeFolder(join(root, 'package'));
  writeFileSync(join(root, 'package', 'package.json'), JSON.stringify(manifest));
}

/** Where the Maven module leaves our service, and the one command that builds it. */
export interface Build {
  readonly jar: string;
  readonly libraries: string;
  /** Definitions that R4 core is built from. */
  readonly core: string | undefined;
  readonly command: string;
}

export function build(): Build | { readonly missing: string; readonly command: string } {
  const module = join(root, 'validator');
  const command = `mvn -q -B -f ${join(module, 'pom.xml')} package`;
  const jar = join(module, 'target', 'validator-service.jar');
  const libraries = join(module, 'target', 'lib');
  if (!existsSync(jar) || !existsSync(libraries)) return { missing: 'the validator service is not built', command };
  const core = readdirSync(libraries).find((name) => name.startsWith('hapi-fhir-validation-resources-r4'));
  return { jar, libraries, core: core && join(libraries, core), command };
}
