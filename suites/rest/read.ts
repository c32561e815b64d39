import { probesOf } from '../../checks/index.ts';
import { Stop } from '../../src/client/provider.ts';
import { metadata, read } from '../../src/client/requests/fhir.ts';
import { preflight, readIfChanged, readVersion, readWithRequestId } from '../../src/client/requests/rest.ts';
import { resourceEntry } from '../../src/core/capability.ts';
import { asArray, asString, at, isResource } from '../../src/core/fhir.ts';
import type { Json } from '../../src/core/model.ts';
import { oneMember } from '../../src/core/steps.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked } from '../asks.ts';
import { knowsMember, when } from '../forecast.ts';

/** Reads by id: the known member, again with its ETag, a resource with text beyond ASCII, and ids that are not there. */
export const reading: Suite = {
  id: 'rest.read',
  title: 'Read resources by id',
  scenarios: oneMember,
  needs: ['member'],
  asks: [
    asked('metadata', 'with-token'),
    asked('read', 'known', 'conditional', 'other-etag', 'non-ascii'),
    asked('vread', 'version', 'history'),
    asked('preflight'),
  ],
  requests: when(knowsMember, 9),
  async drive(provider) {
    const { known, target } = provider;
    const { base, patientId } = known;
    if (base === undefined || patientId === undefined) throw new Stop('no Patient id is known, so nothing can be read', 'payer');
    if (known.capability === undefined) {
      const capability = await provider.ask('metadata', { ...metadata(base), token: 'default' }, { variant: 'with-token' });
      if (capability.status === 200 && capability.json !== undefined) known.capability = capability.json;
    }
    const { headers, json } = await provider.ask('read', readWithRequestId(base, 'Patient', patientId), { variant: 'known', member: 'known' });
    const etag = headers['etag'];
    if (etag !== undefined) {
      await provider.ask('read', readIfChanged(base, 'Patient', patientId, etag), { variant: 'conditional', member: 'known' });
      await provider.ask('read', readIfChanged(base, 'Patient', patientId, otherThan(etag)), { variant: 'other-etag', member: 'known' });
    }
    const version = asString(at(json, 'meta', 'versionId'));
    const declares = (code: string): boolean => declaresOn(known.capability, 'Patient', code);
    if (version !== undefined && declares('vread'))
      await provider.ask('vread', readVersion(base, 'Patient', patientId, version), { variant: 'version', member: 'known' });
    if (declares('history-instance')) await provider.ask('vread', readVersion(base, 'Patient', patientId), { variant: 'history', member: 'known' });
    const [type, id] = target.knownResources?.['nonAscii']?.split('/') ?? [];
    if (type !== undefined && id !== undefined) await provider.ask('read', read(base, type, id), { variant: 'non-ascii' });
    await provider.ask('preflight', preflight(base, `Patient/${patientId}`));
    await provider.askProbes(probesOf('rest.read'));
  },
};

/** An ETag that this resource does not have: with another last digit, or a digit more. */
const otherThan = (etag: string): string =>
  /\d"?$/.test(etag) ? etag.replace(/\d(?="?$)/, (digit) => String((Number(digit) + 1) % 10)) : etag.replace(/(?="?$)/, '0');

const declaresOn = (capability: Json | undefined, type: string, code: string): boolean =>
  isResource(capability) && asArray(resourceEntry(capability, type)?.['interaction']).some((each) => at(each, 'code') === code);
