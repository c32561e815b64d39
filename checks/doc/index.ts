import type { Area, Variation } from '../area.ts';
import { formChecks } from './forms.ts';
import { referenceChecks } from './references.ts';

const variations: readonly Variation[] = [{ name: 'a document reference links to a SMART app', at: 'docref', behaviour: 'documents-link-to-an-app' }];

export const doc: Area = { checks: [...referenceChecks, ...formChecks], excluded: [], variations };
