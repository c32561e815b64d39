import { asArray, asString, at } from '../../src/core/fhir.ts';
import { check, notTestable } from '../../src/core/findings.ts';
import type { Check, Json } from '../../src/core/model.ts';
import { claimsExport } from '../../src/core/steps.ts';
import { type Applies, stated } from '../applies.ts';
import { rowsOfType } from '../bulk/alter.ts';
import { keyOf, onExport, rowsOf, some, whenHad } from '../bulk/exports.ts';
import { pdex22 } from '../sources.ts';

/** Regulation, not PDex, keeps amounts from providers; under a value-based contract they may see them. So only the operator can say which holds. */
const providerAccessUse: Applies = ({ target }) =>
  stated(target, 'cms-0057.provider-access', 'whether this is CMS-0057 provider access without a risk contract: true or false');

/** Categories of C4BB Adjudication and FHIR adjudication that tell what was paid or what the member owes. */
const money =
  /^(copay(ment)?|coinsurance|deductible|memberliability|patientliability|paidtoprovider|paidbypatient|paidtopatient|paidbypatientcash|paidbypatientother|benefit|discount|drugcost|priorpayerpaid)$/i;

const categories = (part: Json): readonly string[] =>
  asArray(at(part, 'category', 'coding')).flatMap((coding) => asString(at(coding, 'code'))?.replaceAll('-', '') ?? []);

/** Where a claim tells an amount that a provider shall not see; undefined = nowhere. */
function amountIn(claim: Json): string | undefined {
  if (at(claim, 'payment', 'amount') !== undefined) return 'payment.amount';
  if (asArray(at(claim, 'total')).length > 0) return 'total';
  const items = asArray(at(claim, 'item'));
  const parts = [claim, ...items, ...items.flatMap((item) => asArray(at(item, 'detail')))].flatMap((each) => asArray(at(each, 'adjudication')));
  const told = parts.find((part) => at(part, 'amount') !== undefined && categories(part).some((code) => money.test(code)));
  return told === undefined ? undefined : `adjudication ${categories(told).join(', ')}`;
}

const dollars = { value: 87.5, currency: 'USD' };
const category = (code: string): Json => ({ coding: [{ system: 'http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBAdjudication', code }] });

export const amountChecks: readonly Check[] = [
  {
    id: 'pa.non-financial',
    level: 'FAST',
    lines: ['L2'],
    scenarios: claimsExport,
    text: 'Claims data for providers leave out remittance and cost-sharing amounts.',
    source: pdex22('provider-access-api.html'),
    applies: providerAccessUse,
    judge: onExport('claims', (job) =>
      whenHad(job, () => {
        const claims = rowsOf(job, 'ExplanationOfBenefit').filter((row) => row['use'] === 'claim');
        if (claims.length === 0) return notTestable('The export holds no ExplanationOfBenefit with use claim.', 'not-offered');
        const telling = claims.flatMap((row) => (amountIn(row) === undefined ? [] : [`${keyOf(row)} (${amountIn(row)})`]));
        return check(telling.length === 0, job.final, 'claims without amounts paid or owed', some(telling));
      }),
    ),
    mustSee: (row, { variant }) =>
      variant === 'claims' && row.resourceType === 'ExplanationOfBenefit' && row['use'] === 'claim' && amountIn(row) !== undefined,
    faults: [
      {
        name: 'tells providers the totals of claims',
        at: 'bulk.file',
        alter: rowsOfType('ExplanationOfBenefit', (row) => ({ ...row, total: [{ category: category('paidtoprovider'), amount: dollars }] })),
      },
      {
        name: 'tells providers what the member pays',
        at: 'bulk.file',
        alter: rowsOfType('ExplanationOfBenefit', (row) => ({
          ...row,
          adjudication: [...asArray(row['adjudication']), { category: category('copay'), amount: dollars }],
        })),
      },
    ],
  },
];
