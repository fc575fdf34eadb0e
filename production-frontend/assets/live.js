// Keeps a page live: every now and then it takes its parts anew.

import { watchAge } from "./notice.js";
import { refreshParts } from "./parts.js";

const POLL_MILLIS = 2_000;

const came = watchAge();

async function poll() {
  if (!document.hidden) {
    try {
      if (await refreshParts()) came(Date.now(), 0);
    } catch {
      // The network or the server is away: the notice says so, and the next poll tells.
    }
  }
  setTimeout(poll, POLL_MILLIS);
}

setTimeout(poll, POLL_MILLIS);
