import { fill } from './page.ts';
import { type HistoryRun, trendView } from './view/trend.ts';

/** The history of one payer as one self-contained file: no request leaves it. Newest run first. */
export const renderTrend = (target: string, runs: readonly HistoryRun[]): string => fill('trend', trendView(target, runs));
