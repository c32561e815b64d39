import type { Facts, RequestSpec, Step } from '../../core/model.ts';
import { patient } from '../manners/again.ts';
import type { Labels, Provider, Reply } from '../provider.ts';

export { patienceOf, rest, seconds, waitFor } from '../manners/patience.ts';

/** Sends one request with a job's patience: passing faults are tried again, an expired token is renewed once, and a limit that we set throws `Stop`. `about` is put on the exchange. */
export const askPatiently = <S extends Step>(
  provider: Provider,
  step: S,
  spec: RequestSpec,
  labels: Labels<S> = {},
  about: Facts = {},
): Promise<Reply> => provider.converse(step, spec, { labels, about, policy: patient });
