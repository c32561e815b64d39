/** Writing suites: what to ask, and what to do with the answers. */

export { asked, exported, probed, started } from '../../suites/asks.ts';
export { suites } from '../../suites/index.ts';
export { type Labels, type Provider, type Reply, Skip, Stop } from '../client/provider.ts';
export { memberMatch, metadata, operation, read, search, searchByPost } from '../client/requests/fhir.ts';
export { declares, type Suite, withNeeds } from '../run/suite.ts';
