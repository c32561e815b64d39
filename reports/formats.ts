import type { Run } from '../src/core/model.ts';
import { renderCsv } from './formats/csv.ts';
import { renderHar } from './formats/har.ts';
import { renderMarkdown } from './formats/markdown.ts';
import { renderMetrics } from './formats/metrics.ts';
import { renderTestReport } from './formats/test-report.ts';
import { renderConformance, renderJunit, renderLatency, renderSarif } from './render.ts';

/** One way to write a run down. */
export interface Format {
  readonly file: string;
  /** For whom or what. */
  readonly use: string;
  /** Written by every run, asked for or not. */
  readonly always?: true;
  readonly render: (run: Run, baseline?: Run) => string;
}

/** Every format, by the name that `--format` takes. Each is made of run.json alone. */
export const formats = {
  conformance: { file: 'conformance.html', use: 'people: what holds, what does not, what to fix first', always: true, render: renderConformance },
  latency: { file: 'latency.html', use: 'people: how fast, alone and under load', always: true, render: renderLatency },
  junit: { file: 'junit.xml', use: 'CI servers that show tests', always: true, render: renderJunit },
  sarif: { file: 'run.sarif', use: 'code hosts that show findings', always: true, render: renderSarif },
  markdown: { file: 'summary.md', use: 'the summary of a CI job, a pull request', render: renderMarkdown },
  csv: { file: 'verdicts.csv', use: 'spreadsheets', render: renderCsv },
  har: { file: 'run.har', use: 'the network panel of a browser, and tools that read HTTP archives', render: renderHar },
  testreport: { file: 'test-report.json', use: 'systems that keep FHIR TestReport resources', render: renderTestReport },
  openmetrics: { file: 'metrics.txt', use: 'Prometheus and what reads its text', render: renderMetrics },
} as const satisfies Readonly<Record<string, Format>>;

export type FormatName = keyof typeof formats;
/** Names of all formats, in the order of the table. */
export const formatNames = Object.keys(formats) as readonly FormatName[];
