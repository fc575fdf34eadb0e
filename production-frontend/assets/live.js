// Keeps a page live: every now and then it takes its parts anew.

import { refreshParts } from "./parts.js";

const POLL_MILLIS = 2_000;

async function poll() {
  if (!document.hidden) {
    try {
      await refreshParts();
    } catch {
      // The network or the server is away: the next poll tells.
    }
  }
  setTimeout(poll, POLL_MILLIS);
}

setTimeout(poll, POLL_MILLIS);
