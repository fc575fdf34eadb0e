// Follows a paredão: by the server's stream, or by asking now and then where the stream doesn't come.

import { get, Refused, sleep } from "./request.js";

/** After how many failures in a row the page asks instead of listening. */
const FAILURES_MAX = 3;
/** How often it asks, and how long until it tries to listen again. */
const ASK_PAUSE_MILLIS = 5_000;
const ASK_MILLIS = 60_000;
/** The server says something every 15 s. After this long without a word the connection is gone, or something holds it back. */
const SILENCE_MILLIS_MAX = 40_000;
/** A connection that is back this soon wasn't worth a word: a server that is renewed ends its streams. */
const LOST_AFTER_MILLIS = 4_000;

/** Within how long pages are loaded anew that all learn of the same change. */
const RELOAD_MILLIS_MAX = 4_000;

/** Not everyone at the same moment. */
const scattered = (millis) => millis * (0.75 + Math.random() / 2);

/** Loads the page anew, to show what isn't told by the stream. */
export function reloadSoon() {
  setTimeout(() => location.reload(), Math.random() * RELOAD_MILLIS_MAX);
}

/**
 * Follows the paredão at `address`, and calls `on.state`, `on.panorama` and `on.connection(isThere)`, and `on.unknown` while
 * the server knows no such paredão: its opening was taken back. As `isPublic` it is shown what somebody who hasn't voted is
 * shown. Gives a function that begins anew, for when the voter is shown more.
 */
export function follow(address, on, isPublic = false) {
  let source;
  let failures = 0;
  let silence;
  let lost;
  /** Goes up with every beginning: what belongs to an earlier one falls silent. */
  let turn = 0;

  function heard() {
    failures = 0;
    clearTimeout(lost);
    lost = undefined;
    on.connection(true);
  }

  function missed() {
    failures += 1;
    lost ??= setTimeout(() => on.connection(false), LOST_AFTER_MILLIS);
  }

  function begin() {
    source?.close();
    clearTimeout(silence);
    turn += 1;
    return turn;
  }

  function listen() {
    const mine = begin();
    source = new EventSource(`${address}/${isPublic ? "live/public" : "live"}`);
    const waitForMore = () => {
      clearTimeout(silence);
      silence = setTimeout(() => {
        missed();
        ask();
      }, SILENCE_MILLIS_MAX);
    };
    const take = (event, receive) => {
      heard();
      waitForMore();
      receive(JSON.parse(event.data));
    };
    source.addEventListener("state", (event) => take(event, on.state));
    source.addEventListener("panorama", (event) => take(event, on.panorama));
    source.addEventListener("error", ({ target }) => {
      if (mine !== turn) return;
      missed();
      // Closed is what the browser won't open again by itself: the server refused.
      if (target.readyState === EventSource.CLOSED || failures >= FAILURES_MAX) ask();
    });
    waitForMore();
  }

  async function ask() {
    const mine = begin();
    const start = performance.now();
    while (mine === turn && performance.now() - start < ASK_MILLIS) {
      await askOnce(mine);
      await sleep(scattered(ASK_PAUSE_MILLIS));
    }
    if (mine === turn) listen();
  }

  async function askOnce(mine) {
    const credentials = isPublic ? "omit" : "same-origin";
    try {
      const state = await get(`${address}/state`, credentials);
      const panorama = state.results_hidden ? undefined : await get(`${address}/panorama`, credentials);
      if (mine !== turn) return;
      heard();
      on.state(state);
      if (panorama) on.panorama(panorama);
    } catch (failure) {
      if (mine === turn) notTold(failure);
    }
  }

  function notTold(failure) {
    if (!(failure instanceof Refused) || failure.passes) return missed();
    // A refusal is an answer: the connection is there.
    heard();
    if (failure.type.endsWith("/paredao-unknown")) on.unknown();
  }

  // A page that nobody sees needs no stream, and a browser has few connections for all of a site's pages.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) return listen();
    begin();
    clearTimeout(lost);
    lost = undefined;
  });
  if (!document.hidden) listen();
  return listen;
}
