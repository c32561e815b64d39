/** The embedded payer, to test a client or this tool against. */

export { type Embedded, startEmbedded } from '../../mocks/embedded.ts';
