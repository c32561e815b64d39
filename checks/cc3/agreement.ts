import { contradictionIn } from '../../src/core/binding.ts';
import { pass, unasked, warn, worst } from '../../src/core/findings.ts';
import { type Guide, guides } from '../../src/core/guides.ts';
import type { Check } from '../../src/core/model.ts';
import { allScenarios } from '../../src/core/steps.ts';
import { alterType } from '../alter.ts';
import { useCase } from '../sources.ts';
import { onStatement } from './statement.ts';

const known: readonly Guide[] = Object.values(guides);

/** Rows bind by the target file's word; a payer whose documents say otherwise is either misdescribed to us or misdescribes itself to everybody. */
export const agreementChecks: readonly Check[] = [
  {
    id: 'cc3.fast.versions-agree',
    level: 'FAST',
    lines: ['L1'],
    scenarios: allScenarios,
    text: "The versions of guides that the payer's own documents name are those that it told the tester.",
    source: useCase('Scenario 1 line 1'),
    crosses: 'a fault whose target file claims another edition than the payer declares is such a contradiction',
    judge: onStatement((_statement, exchange, evidence) => {
      if (Object.keys(evidence.target.guides ?? {}).length === 0) return unasked('guides', 'the versions of guides that the payer told you');
      return worst([
        pass,
        ...known.flatMap((guide) => {
          const found = contradictionIn(evidence, guide);
          const seen = `the payer's documents name ${found?.declared.join(' and ')} only`;
          return found ? [warn(exchange, `${guide.name} ${found.claimed}, as the target file says`, seen)] : [];
        }),
      ]);
    }),
    faults: [
      {
        name: 'names an older PDex than it told',
        at: 'metadata',
        alter: alterType('CapabilityStatement', (body) => JSON.parse(JSON.stringify(body).replace(/(davinci-pdex[^"|]*)\|[\d.]+/g, '$1|2.0.0'))),
      },
    ],
  },
];
