import { scenarios } from '../../src/core/vocabulary.ts';

/** A client's manners bind it wherever it asks. */
export const everyScenario = scenarios;
