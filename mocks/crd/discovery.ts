import type { Json } from '../../src/core/model.ts';
import type { Handler } from '../kernel/payer.ts';
import { json } from '../kernel/replies.ts';

interface Service {
  readonly id: string;
  readonly hook: string;
  readonly title: string;
}

const services: readonly Service[] = [
  { id: 'crd-order-sign', hook: 'order-sign', title: 'Coverage requirements when an order is signed' },
  { id: 'crd-order-dispatch', hook: 'order-dispatch', title: 'Coverage requirements when an order is sent to a performer' },
  { id: 'crd-appointment-book', hook: 'appointment-book', title: 'Coverage requirements when an appointment is booked' },
  { id: 'crd-order-select', hook: 'order-select', title: 'Early hints while an order is chosen' },
  { id: 'crd-encounter-start', hook: 'encounter-start', title: 'Coverage requirements of a visit' },
  { id: 'crd-encounter-discharge', hook: 'encounter-discharge', title: 'Coverage requirements at discharge' },
];

export const serviceNamed = (id: string): Service | undefined => services.find((service) => service.id === id);

const option = (code: string, name: string, description: string): Json => ({ code, type: 'boolean', name, description, default: true });

/** A service that asks for nothing leaves the member out. */
const prefetchOf = (prefetch: Readonly<Record<string, string>>): object => (Object.keys(prefetch).length === 0 ? {} : { prefetch });

/** Source: https://cds-hooks.hl7.org/2.0/#discovery and http://hl7.org/fhir/us/davinci-crd/deviations.html */
export const discovery: Handler = (_request, { rules }) =>
  json({
    services: services.map(({ id, hook, title }) => ({
      hook,
      id,
      title,
      description: `${title}: is it covered, and what does the plan need?`,
      ...prefetchOf(rules.crdPrefetch(hook)),
      extension: {
        'davinci-crd.version': rules.crdVersions(),
        'davinci-crd.configuration-options': [
          option('coverage-info', 'Coverage information', 'Return coverage information.'),
          option('guideline', 'Guidelines', 'Return links to guidelines, documents and apps.'),
        ],
      },
    })),
  });
