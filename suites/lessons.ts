import type { Lesson } from '../src/run/suite.ts';

/** What suites learn from others where the target file does not say it. */

export const theGroup: Lesson = { suite: 'roster.groups', unless: ({ bulk }) => bulk?.group !== undefined };
export const theMember: Lesson = { suite: 'roster.groups', unless: ({ members }) => members.known?.patientId !== undefined };
export const matchedMember: Lesson = { suite: 'member', unless: ({ members }) => members.known?.patientId !== undefined };
/** Where the payer's API is, for those that can do without. */
export const theBase: Lesson = { suite: 'discover', unless: ({ cds }) => cds?.base !== undefined };
export const theCdsBase: Lesson = { suite: 'wellknown', unless: ({ cds }) => cds?.base !== undefined };
/** With UDAP alone, the token that others use comes from there. */
export const udapGrant: Lesson = { suite: 'udap.token', unless: ({ auth }) => auth.kind !== 'udap' };
/** Which types the payer exports, and which days and instants its rows hold. */
export const theExport: Lesson = { suite: 'bulk.export' };
/** A card, or a document, links to the app that the target file does not name. */
const named: Lesson['unless'] = ({ apps = [] }) => apps.every(({ url }) => url !== undefined);
export const theAppLink: readonly Lesson[] = [
  { suite: 'crd.variants', unless: named },
  { suite: 'record.documents', unless: named },
];
