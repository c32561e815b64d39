import { replaceText } from '../alter.ts';
import type { Variation } from '../area.ts';
import { onJson, onStatus, refuse, where } from '../bulk/alter.ts';

/** What ATR leaves to the payer. */
export const rosterVariations: readonly Variation[] = [
  {
    name: 'keeps an attribution list open',
    at: ['group.read', 'group.search', 'bulk.file'],
    alter: replaceText(/("url":"[^"]*ext-attributionListStatus","valueCode":")final"/g, '$1open"'),
  },
  {
    name: 'refuses a foreign attribution list with 403',
    at: 'group.read',
    alter: where(/roster-clinic-b/, refuse(403, 'forbidden', 'You may not see this Group. Use a Group of your own, or contact the plan.')),
  },
  {
    name: 'wraps the attribution of a member in Parameters',
    at: 'group.operation',
    alter: onJson((value) =>
      value['resourceType'] === 'Bundle' ? { resourceType: 'Parameters', parameter: [{ name: 'return', resource: value }] } : value,
    ),
  },
  { name: 'confirms a list with 202', at: 'group.operation', alter: onStatus(201, (response) => ({ ...response, status: 202 })) },
  { name: 'leaves changes and names out of Group members', at: 'group.search', alter: replaceText(/"name":"[^"]*: list [^"]*",/g, '') },
];
