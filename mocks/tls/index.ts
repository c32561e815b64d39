import type { MockArea } from '../kernel/area.ts';
import type { MockReply, MockRequest, PayerState } from '../kernel/payer.ts';
import { fhir } from '../kernel/replies.ts';

/** How the https listener behaves; `certificate` names one of those that mocks/secure.ts holds. */
export interface TlsSetting {
  readonly minVersion?: 'TLSv1' | 'TLSv1.2';
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3';
  readonly certificate?: 'good' | 'expired' | 'wrongName' | 'stranger';
}

const redirect = (request: MockRequest, origin: string): MockReply => ({
  status: 308,
  headers: { location: origin + request.path + new URL(request.url).search },
  body: '',
});

const tlsRules = {
  tlsSetting: (): TlsSetting => ({}),
  /** What the listener on plain http answers. */
  plainHttpReply: (request: MockRequest, payer: PayerState): MockReply | Promise<MockReply> => redirect(request, payer.origin),
};

const patients = (payer: PayerState): MockReply =>
  fhir({
    resourceType: 'Bundle',
    type: 'searchset',
    total: 1,
    entry: [...payer.data.resources.values()].slice(0, 1).map((resource) => ({ resource })),
  });

export const tls = {
  routes: [],
  rules: tlsRules,
  behaviours: {
    'speaks-tls-1.1': { tlsSetting: () => ({ minVersion: 'TLSv1' }) },
    'stays-on-tls-1.2': { tlsSetting: () => ({ maxVersion: 'TLSv1.2' }) },
    'shows-an-expired-certificate': { tlsSetting: () => ({ certificate: 'expired' }) },
    'shows-a-certificate-for-another-host': { tlsSetting: () => ({ certificate: 'wrongName' }) },
    'shows-a-certificate-of-a-stranger': { tlsSetting: () => ({ certificate: 'stranger' }) },
    'serves-patients-on-plain-http': {
      plainHttpReply: (request: MockRequest, payer: PayerState) =>
        request.path.endsWith('/Patient') ? patients(payer) : redirect(request, payer.origin),
    },
    'serves-the-directory-on-plain-http': {
      plainHttpReply: (request: MockRequest, payer: PayerState) =>
        request.path.startsWith('/directory/') ? fhir({ resourceType: 'CapabilityStatement', status: 'active' }) : redirect(request, payer.origin),
    },
  } satisfies Record<string, Partial<typeof tlsRules>>,
} satisfies MockArea;

type TlsRules = typeof tlsRules;
declare module '../kernel/payer.ts' {
  interface Rules extends TlsRules {}
}
