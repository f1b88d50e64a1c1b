// Fairness on the one event loop: who has worked for long lets others have it before looking at the same thing again.

/** Work of this many milliseconds costs one turn of the event loop, twice as much two, and so on up to a limit. */
const TURN = 10;
const TURNS = 20;

/** Resolves after some turns of the event loop, as many as the work just done was long. Changes that come meanwhile then cost one look and not many. */
export async function rest(milliseconds: number): Promise<void> {
  const turns = Math.min(TURNS, Math.floor(milliseconds / TURN));
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}
