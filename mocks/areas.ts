import { app } from './app/index.ts';
import { auth } from './auth/index.ts';
import { bulk } from './bulk/index.ts';
import { crd } from './crd/index.ts';
import { discovery } from './discovery/index.ts';
import { fhir } from './fhir/index.ts';
import type { MockArea } from './kernel/area.ts';
import type { Declares } from './kernel/declares.ts';
import type { Route, Rules } from './kernel/payer.ts';
import { load } from './load/index.ts';
import { match } from './match/index.ts';
import { record } from './record/index.ts';
import { roster } from './roster/index.ts';
import { tls } from './tls/index.ts';
import { udap } from './udap/index.ts';

/** The parts of the embedded payer; more specific paths stand before the FHIR API's patterns. */
const areas: readonly MockArea[] = [discovery, auth, tls, udap, match, record, crd, app, bulk, roster, load, fhir];

export const routes: readonly Route[] = areas.flatMap((area) => area.routes);
/** What the CapabilityStatement is put together from. */
export const declared: readonly Declares[] = areas.flatMap((area) => (area.declares ? [area.declares] : []));
export const targetParts = areas.flatMap((area) => (area.target ? [area.target] : []));

/** The honest payer's rules. A fault names a behaviour, which replaces some of them. */
export const honest: Rules = {
  ...discovery.rules,
  ...auth.rules,
  ...tls.rules,
  ...udap.rules,
  ...match.rules,
  ...record.rules,
  ...crd.rules,
  ...app.rules,
  ...bulk.rules,
  ...roster.rules,
  ...load.rules,
  ...fhir.rules,
};

const names = areas.flatMap((area) => Object.keys(area.behaviours));
const twice = names.find((name, index) => names.indexOf(name) !== index);
if (twice !== undefined) throw new Error(`Two areas of the embedded payer have a behaviour called ${twice}. Give one of them another name.`);

export const behaviours: Readonly<Record<string, Partial<Rules>>> = Object.assign({}, ...areas.map((area) => area.behaviours));
