// Requests to the API, their refusals, and trying again.

import { LANGUAGE, text } from "./texts.js";

/** How long a request is tried again, refused or unanswered, and how long a ballot is cast: it lives 180 s. */
const RETRY_MILLIS_MAX = 170_000;
/** How long one request may take. */
const REQUEST_MILLIS_MAX = 15_000;
/** The longest pause between two tries. */
const PAUSE_MILLIS_MAX = 15_000;

/** A failure whose message a voter understands. */
export class Told extends Error {}

/** What the server said against a request. */
export class Refused extends Told {
  constructor(status, problem, retryAfterMillis) {
    super(problem.detail ?? text("server-failed"));
    this.type = problem.type ?? "";
    this.pass = problem.pass;
    this.retryAfterMillis = retryAfterMillis;
    this.passes = status === 408 || status === 429 || status >= 500;
    /** Whether what was asked for may have been done all the same. */
    this.mayBeDone = status >= 500;
  }
}

/** What a voter is told of any failure. */
export const explain = (failure) =>
  failure instanceof Told ? failure.message : text("server-unreachable");

export const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

/** One request; throws `Refused`, or whatever `fetch` throws when there is no answer. */
async function request(path, { headers, ...options }) {
  const response = await fetch(path, {
    signal: AbortSignal.timeout(REQUEST_MILLIS_MAX),
    headers: { "accept-language": LANGUAGE, ...headers },
    ...options,
  });
  if (response.ok) return response.json();
  const problem = await response.json().catch(() => ({}));
  const retryAfter = Number(response.headers.get("retry-after"));
  throw new Refused(response.status, problem, retryAfter > 0 ? retryAfter * 1000 : undefined);
}

/** What lies at `path`; `credentials` as `fetch` has it. */
export const get = (path, credentials = "same-origin") => request(path, { credentials });

/** The answer to `body`. */
export const post = (path, body) =>
  request(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

/** When to stop trying what begins now. As `performance.now()` counts: the time of day on a phone may be wrong. */
export const retryEnd = () => performance.now() + RETRY_MILLIS_MAX;

/** Repeats `attempt` while its failure passes, until `end`; `onPause(seconds)` is told of each pause. */
export async function persist(attempt, onPause, end) {
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt();
    } catch (failure) {
      if (failure instanceof Refused && !failure.passes) throw failure;
      const backoff = Math.min(1000 * 2 ** tries, PAUSE_MILLIS_MAX);
      // Not everyone at the same moment.
      const pause = Math.max(failure.retryAfterMillis ?? 0, backoff) * (1 + Math.random() / 2);
      if (performance.now() + pause > end) throw failure;
      onPause(Math.ceil(pause / 1000));
      await sleep(pause);
    }
  }
}
