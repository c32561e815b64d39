import type { Provider, Reply } from '../../src/client/provider.ts';
import { Stop } from '../../src/client/provider.ts';
import { search } from '../../src/client/requests/fhir.ts';
import { docref, docrefByPost } from '../../src/client/requests/record.ts';
import { appUrlsIn, isAppContent } from '../../src/core/app-link.ts';
import { asArray, asString, at, entriesOf, isObject, type JsonObject } from '../../src/core/fhir.ts';

import type { Suite } from '../../src/run/suite.ts';
import { noteLink, visitLink } from '../apps/links.ts';
import { asked } from '../asks.ts';
import { both, declaresType, knowsMember, when } from '../forecast.ts';
import { askAll } from '../sections/pages.ts';

/** Attachments that we fetch at most from each source. */
const most = 6;

/** Scenario S3 in document form, and the documents of S4: C-CDA, FHIR document, Binary. */
export const documents: Suite = {
  id: 'record.documents',
  title: 'Ask for documents and open them',
  scenarios: ['S3', 'S4'],
  needs: ['member'],
  asks: [
    asked('docref', 'get', 'post', 'unknown'),
    asked('search', 'doc:list', 'doc:id', 'doc:provenance', 'doc:reports'),
    asked('page', 'doc:list', 'doc:reports'),
    asked('binary', 'attachment', 'attachment:foreign', 'fhir'),
    asked('document', 'attachment', 'attachment:foreign'),
    asked('app-link', 'document'),
  ],
  requests: when(both(knowsMember, declaresType('DocumentReference')), 12, 4),
  async drive(provider) {
    const { base, patientId } = provider.known;
    if (base === undefined || patientId === undefined) throw new Stop('no member was matched', 'payer');
    const summary = await askDocref(provider, base, patientId);
    await provider.ask('docref', docref(base, 'assay-does-not-exist'), { variant: 'unknown' });
    const listed = await askAll(provider, 'search', search(base, 'DocumentReference', { patient: patientId }), {
      variant: 'doc:list',
      member: 'known',
    });
    const [first] = resourcesOf(listed);
    if (first !== undefined) {
      await provider.ask('search', search(base, 'DocumentReference', { _id: String(first['id']) }), { variant: 'doc:id', member: 'known' });
      if (!first['custodian'])
        await provider.ask('search', search(base, 'DocumentReference', { _id: String(first['id']), _revinclude: 'Provenance:target' }), {
          variant: 'doc:provenance',
          member: 'known',
        });
    }
    await askAll(provider, 'search', search(base, 'DiagnosticReport', { patient: patientId }), { variant: 'doc:reports', member: 'known' });
    const references = [...resourcesOf([summary]), ...resourcesOf(listed)];
    const [app] = references.flatMap(appUrlsIn);
    if (app !== undefined) {
      noteLink(provider, { url: app, scenario: 'S3' });
      await visitLink(provider, app, 'document');
    }
    const attachments = attachmentsOf(references);
    for (const attachment of unique(attachments).slice(0, most)) await open(provider, base, attachment);
  },
};

async function askDocref(provider: Provider, base: string, patientId: string): Promise<Reply> {
  const reply = await provider.ask('docref', docref(base, patientId), { variant: 'get', member: 'known' });
  return [400, 404, 405].includes(reply.status) ? provider.ask('docref', docrefByPost(base, patientId), { variant: 'post', member: 'known' }) : reply;
}

const resourcesOf = (replies: readonly Reply[]): readonly JsonObject[] =>
  replies.flatMap((reply) => entriesOf(reply.json).flatMap(({ resource }) => (resource?.resourceType === 'DocumentReference' ? [resource] : [])));
const attachmentsOf = (references: readonly JsonObject[]): readonly JsonObject[] =>
  references.flatMap((each) =>
    asArray(each['content'])
      .filter((content) => !isAppContent(each, content))
      .map((content) => at(content, 'attachment'))
      .filter(isObject),
  );
const unique = (all: readonly JsonObject[]): readonly JsonObject[] =>
  all.filter((each, index) => asString(each['url']) !== undefined && all.findIndex((other) => other['url'] === each['url']) === index);

/** Fetches one attachment in its own content type; our token goes only to the payer's own base. */
async function open(provider: Provider, base: string, attachment: JsonObject): Promise<void> {
  const link = asString(attachment['url']) ?? '';
  if (!URL.canParse(link, `${base}/`)) return;
  const url = new URL(link, `${base}/`);
  const own = url.href.startsWith(`${base.replace(/\/+$/, '')}/`);
  const contentType = asString(attachment['contentType']) ?? '*/*';
  const step = contentType.startsWith('application/fhir') ? 'document' : 'binary';
  const token = own ? 'default' : 'none';
  await provider.ask(
    step,
    { method: 'GET', url: url.href, headers: { accept: contentType }, token },
    { variant: own ? 'attachment' : 'attachment:foreign', member: 'known' },
  );
  if (own && /\/Binary\/[^/]+$/.test(url.pathname) && step === 'binary') {
    await provider.ask(
      'binary',
      { method: 'GET', url: url.href, headers: { accept: 'application/fhir+json' }, token },
      { variant: 'fhir', member: 'known' },
    );
  }
}
