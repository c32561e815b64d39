import type { Run } from '../src/core/model.ts';

/** One way to write a run down. */
export interface Format {
  readonly file: string;
  /** For whom or what. */
  readonly use: string;
  /** Written by every run, asked for or not. */
  readonly always?: true;
  /** Loaded when it is wanted: the names alone are asked for by every command. */
  readonly load: () => Promise<(run: Run, baseline?: Run) => string>;
}

/** Every format, by the name that `--format` takes. Each is made of run.json alone. */
export const formats = {
  conformance: {
    file: 'conformance.html',
    use: 'people: what holds, what does not, what to fix first',
    always: true,
    load: async () => (await import('./conformance.ts')).renderConformance,
  },
  latency: {
    file: 'latency.html',
    use: 'people: how fast, alone and under load',
    always: true,
    load: async () => (await import('./render.ts')).renderLatency,
  },
  junit: { file: 'junit.xml', use: 'CI servers that show tests', always: true, load: async () => (await import('./junit.ts')).renderJunit },
  sarif: { file: 'run.sarif', use: 'code hosts that show findings', always: true, load: async () => (await import('./sarif.ts')).renderSarif },
  markdown: {
    file: 'summary.md',
    use: 'the summary of a CI job, a pull request',
    load: async () => (await import('./formats/markdown.ts')).renderMarkdown,
  },
  csv: { file: 'verdicts.csv', use: 'spreadsheets', load: async () => (await import('./formats/csv.ts')).renderCsv },
  har: {
    file: 'run.har',
    use: 'the network panel of a browser, and tools that read HTTP archives',
    load: async () => (await import('./formats/har.ts')).renderHar,
  },
  testreport: {
    file: 'test-report.json',
    use: 'systems that keep FHIR TestReport resources',
    load: async () => (await import('./formats/test-report.ts')).renderTestReport,
  },
  openmetrics: {
    file: 'metrics.txt',
    use: 'Prometheus and what reads its text',
    load: async () => (await import('./formats/metrics.ts')).renderMetrics,
  },
  annotations: {
    file: 'annotations.txt',
    use: 'GitHub Actions: what is new against the baseline, beside a pull request',
    load: async () => (await import('./formats/annotations.ts')).renderAnnotations,
  },
} as const satisfies Readonly<Record<string, Format>>;

export type FormatName = keyof typeof formats;
/** Names of all formats, in the order of the table. */
export const formatNames = Object.keys(formats) as readonly FormatName[];
