import { setTimeout as pause } from 'node:timers/promises';
import { hasOperation } from '../../checks/applies.ts';
import { isResource } from '../../src/core/fhir.ts';
import type { Suite } from '../../src/run/suite.ts';

const polls = 5;

/** Is a transaction answered at once or later, and always the same way? $everything is the one that grows. */
export const mode: Suite = {
  id: 'mode',
  title: 'Ask for everything, at once and later',
  scenarios: ['S1', 'S3', 'S4'],
  needs: ['member'],
  requests: 4,
  async drive(provider) {
    const { known, target, signal } = provider;
    const { base, patientId, capability } = known;
    if (base === undefined || patientId === undefined) return;
    if (!isResource(capability) || !hasOperation(capability, 'Patient', 'everything')) return;
    const everything = (id: string, query = '', headers: Readonly<Record<string, string>> = {}) => ({
      method: 'GET',
      url: `${base.replace(/\/+$/, '')}/Patient/${id}/$everything${query}`,
      headers,
      token: 'default',
    });
    const large = target.members.history?.patientId;
    const timeout = target.agreement?.limits?.everything?.timeout;
    if (large !== undefined)
      await provider.ask('everything', everything(large), { member: 'history', variant: 'large', ...(timeout === undefined ? {} : { timeout }) });
    const reply = await provider.ask('everything', everything(patientId, '', { prefer: 'respond-async' }), {
      member: 'known',
      variant: 'respond-async',
    });
    const job = reply.headers['content-location'];
    if (reply.status !== 202 || job === undefined) return;
    for (let poll = 0; poll < polls; poll++) {
      const status = await provider.ask(
        'bulk.status',
        { method: 'GET', url: job, token: 'default' },
        { variant: 'mode', follows: reply.exchange.index },
      );
      if (status.status !== 202) break;
      await pause(Math.min(10, Number(status.headers['retry-after'] ?? 1)) * 1000, undefined, { signal });
    }
    await provider.ask('bulk.delete', { method: 'DELETE', url: job, token: 'default' }, { variant: 'mode', follows: reply.exchange.index });
  },
};
