import { lossOf } from '../../src/core/bare.ts';
import { check, headerOf, notTestable } from '../../src/core/findings.ts';
import type { Check, Exchange } from '../../src/core/model.ts';
import { allScenarios } from '../../src/core/steps.ts';
import { headers } from '../alter.ts';
import { group } from '../group.ts';
import { rfc } from '../sources.ts';

/** What a Content-Type says of the characters. US-ASCII is a part of UTF-8. */
const charsetOf = (exchange: Exchange): string | undefined =>
  /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(headerOf(exchange, 'content-type') ?? '')?.[1]?.toLowerCase();
const isUtf8 = (charset: string): boolean => ['utf-8', 'utf8', 'us-ascii', 'ascii'].includes(charset);

export const encodingChecks: readonly Check[] = group({ scenarios: allScenarios }, [
  {
    id: 'cc3.http.json-utf8',
    level: 'SHALL',
    lines: ['L1', 'L2'],
    text: 'JSON is sent as UTF-8 and not said to be anything else: it "MUST be encoded using UTF-8".',
    source: rfc(8259, '2017', '8.1'),
    judge: ({ exchanges }) => {
      const sent = exchanges.filter(
        (each) =>
          each.response?.status === 200 &&
          // Nothing was encoded where nothing may be sent.
          !/^(HEAD|OPTIONS)$/.test(each.request.method) &&
          lossOf(each) === undefined &&
          /json/i.test(headerOf(each, 'content-type') ?? ''),
      );
      const [first] = sent;
      if (!first) return notTestable('No JSON came in this run.', 'payer');
      const odd = sent.find((each) => !isUtf8(charsetOf(each) ?? 'utf-8'));
      return check(odd === undefined, odd ?? first, 'charset utf-8, or none', `Content-Type ${headerOf(odd ?? first, 'content-type') ?? ''}`);
    },
    faults: [
      {
        name: 'says that a manifest is Latin-1',
        at: 'bulk.status',
        alter: (response, request) =>
          response.status === 200 ? headers({ 'content-type': 'application/json; charset=ISO-8859-1' })(response, request) : response,
      },
    ],
  },
]);
