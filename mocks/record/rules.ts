import type { Dataset, Made } from '../../fixtures/dataset.ts';
import { permits } from '../auth/scopes.ts';
import type { Store } from '../fhir/store.ts';

/** What this payer insists on when it gives out whole records; a behaviour replaces one rule. */
export const recordRules = {
  /** What $everything may draw on: the member's compartment as this client may see it. */
  everythingFor: (store: Store, id: string, _data: Dataset): readonly Made[] => store.compartment(id),
  /** The Patient whose documents this client may have made. */
  documentsFor: (store: Store, id: string, _data: Dataset): Made | undefined => store.read('Patient', id),
  /** Launch address of an app that $docref names beside the documents. */
  appBesideDocuments: (_origin: string): string | undefined => undefined,
  /** The entries of $everything that this client may have. */
  everythingOf: (entries: readonly Made[], _all: ReadonlyMap<string, Made>, _asked: number): readonly Made[] => entries,
  /** Is this type among what the token may read? */
  everythingCovers: (scopes: readonly string[], type: string): boolean => permits(scopes, type, 'r'),
  /** Is Prefer: respond-async honoured? */
  answersLater: (): boolean => true,
  honoursEverythingType: (): boolean => true,
  honoursEverythingSince: (): boolean => true,
  /** Whom a generated document is about. */
  documentIsAbout: (patient: Made, _others: ReadonlyMap<string, Made>): Made => patient,
  /** Binary content as it is served. */
  contentOf: (text: Buffer): Buffer => text,
  gapStatusFilter: (status: string, wanted: readonly string[]): boolean => wanted.includes(status),
  gapsNeed: (_missing: string): boolean => true,
};

const another = (all: ReadonlyMap<string, Made>, type: string, unlike: string | undefined): Made | undefined =>
  [...all.values()].find((each) => each.resourceType === type && each.id !== unlike);

/** One member whom the client may not see, asked about in one way only. */
const wholeRecordOf =
  (role: 'notAttributed' | 'optedOut'): typeof recordRules.everythingFor =>
  (store, id, { roles, resources, byPatient }) => {
    if (id !== roles[role]) return store.compartment(id);
    const patient = resources.get(`Patient/${id}`);
    return patient ? [patient, ...(byPatient.get('Condition')?.get(id) ?? [])] : [];
  };
const documentsOf =
  (role: 'notAttributed' | 'optedOut'): typeof recordRules.documentsFor =>
  (store, id, { roles, resources }) =>
    id === roles[role] ? resources.get(`Patient/${id}`) : store.read('Patient', id);

export const recordBehaviours = {
  'documents-link-to-an-app': { appBesideDocuments: (origin) => `${origin}/apps/order` },
  'gives-everything-to-any-token': { everythingCovers: () => true },
  'answers-whole-records-at-once': { answersLater: () => false },
  'everything-of-a-foreign-member': { everythingFor: wholeRecordOf('notAttributed') },
  'everything-of-one-who-opted-out': { everythingFor: wholeRecordOf('optedOut') },
  'documents-of-a-foreign-member': { documentsFor: documentsOf('notAttributed') },
  'documents-of-one-who-opted-out': { documentsFor: documentsOf('optedOut') },
  'everything-holds-another-member': {
    everythingOf: (entries, all) => {
      const stranger = another(all, 'Patient', entries[0]?.id);
      const leak = [...all.values()].find((each) => each.resourceType === 'Condition' && JSON.stringify(each).includes(`Patient/${stranger?.id}`));
      return leak ? [...entries, leak] : entries;
    },
  },
  'everything-forgets-on-repeat': { everythingOf: (entries, _all, asked) => (asked % 2 === 0 ? entries.slice(0, -1) : entries) },
  'everything-without-practitioners': { everythingOf: (entries) => entries.filter((each) => each.resourceType !== 'Practitioner') },
  'everything-ignores-type': { honoursEverythingType: () => false },
  'everything-ignores-since': { honoursEverythingSince: () => false },
  'documents-name-another-member': { documentIsAbout: (patient, others) => another(others, 'Patient', patient.id) ?? patient },
  'serves-an-older-document': { contentOf: (bytes) => Buffer.concat([bytes, Buffer.from(' ')]) },
  'care-gaps-ignore-status': { gapStatusFilter: () => true },
  'care-gaps-need-nothing': { gapsNeed: () => false },
} satisfies Record<string, Partial<typeof recordRules>>;
