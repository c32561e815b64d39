/**
 * Answers with the same body, which differ by headers and times only. What is read of a body is read once for all of them: several exports of
 * one Group bring the same files, and each parsed anew is most of what judging a large run holds in memory.
 */
const first = new WeakMap<object, object>();

/** From now on `response` stands for the same body as `earlier`. */
export const makeTwin = (response: object, earlier: object): void => void first.set(response, earlier);

/** The first answer of this run with this body; the answer itself where there is no other. */
export const twinOf = <Answer extends object>(response: Answer): Answer => (first.get(response) as Answer | undefined) ?? response;
