// Follows a stream of numbers.

import { watchAge } from "./notice.js";
import { refreshParts } from "./parts.js";

/** What can't be shown by changing numbers is taken anew from the server, but not more often. */
const REFRESH_MILLIS_MIN = 2_000;
/** After a stream was refused. */
const RECONNECT_MILLIS = 2_000;

/**
 * Hands what each event of the stream at `address` says to `show`. It answers whether the page shows all of it now; where not, the
 * page's parts are taken anew.
 */
export function follow(address, show) {
  const came = watchAge();
  let source;
  let refreshedAt = 0;

  function take(event) {
    const view = JSON.parse(event.data);
    came(Date.parse(view.as_of), view.age_millis);
    if (!show(view)) refresh();
  }

  async function refresh() {
    if (Date.now() - refreshedAt < REFRESH_MILLIS_MIN) return;
    refreshedAt = Date.now();
    try {
      await refreshParts();
    } catch {
      // The notice says that the connection is gone.
    }
  }

  function connect() {
    source?.close();
    source = new EventSource(address);
    source.addEventListener("message", take);
    // A stream that broke off is taken up again by the browser; one that was refused isn't.
    source.addEventListener("error", () => source.readyState === EventSource.CLOSED && setTimeout(reconnect, RECONNECT_MILLIS));
  }

  /** The page itself tells whether its reader must sign in again. */
  async function reconnect() {
    if (document.hidden) return;
    await refresh();
    connect();
  }

  // A browser keeps few connections to one server: a page that nobody sees gives its own back.
  document.addEventListener("visibilitychange", () => {
    source.close();
    if (!document.hidden) connect();
  });

  connect();
}
