import { awaitExport, deleteJob, noteJob } from '../../src/client/bulk/export.ts';
import { hasOperation } from '../../src/core/capability.ts';
import { isResource } from '../../src/core/fhir.ts';
import { oneMember } from '../../src/core/steps.ts';
import { isHttpUrl } from '../../src/core/url.ts';
import type { Suite } from '../../src/run/suite.ts';
import { asked } from '../asks.ts';
import { both, declaresOperation, knowsMember, when } from '../forecast.ts';

/** Is a transaction answered at once or later, and always the same way? $everything is the one that grows. */
export const mode: Suite = {
  id: 'mode',
  title: 'Ask for everything, at once and later',
  scenarios: oneMember,
  needs: ['member'],
  asks: [asked('everything', 'large', 'respond-async'), asked('bulk.status', 'mode'), asked('bulk.delete', 'mode')],
  requests: when(both(knowsMember, declaresOperation('Patient', 'everything')), 5),
  async drive(provider) {
    const { known, target } = provider;
    const { base, patientId, capability } = known;
    if (base === undefined || patientId === undefined) return;
    if (!isResource(capability) || !hasOperation(capability, 'Patient', 'everything')) return;
    const everything = (id: string, query = '', headers: Readonly<Record<string, string>> = {}) => ({
      method: 'GET',
      url: `${base.replace(/\/+$/, '')}/Patient/${id}/$everything${query}`,
      headers,
      token: 'default',
    });
    const large = target.members.largeRecord?.patientId;
    const timeout = target.agreement?.limits?.everything?.timeout;
    if (large !== undefined)
      await provider.ask('everything', everything(large), { member: 'largeRecord', variant: 'large', ...(timeout === undefined ? {} : { timeout }) });
    const reply = await provider.ask('everything', everything(patientId, '', { prefer: 'respond-async' }), {
      member: 'known',
      variant: 'respond-async',
    });
    const job = reply.headers['content-location'];
    if (reply.status !== 202 || !isHttpUrl(job)) return;
    const started = { variant: 'mode' as const, kickoff: reply, statusUrl: job };
    noteJob(provider, job, 'job that gathers a whole record');
    await awaitExport(provider, started);
    await deleteJob(provider, started);
  },
};
