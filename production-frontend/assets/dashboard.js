// Keeps the dashboard live: asks the totals API, and when they have changed takes the parts marked data-live from the
// page as the server renders it now. So there is one renderer, and a page without scripts shows the same.

const POLL_MILLIS = 2_000;
// The status changes by the clock alone.
const REFRESH_MILLIS = 20_000;

let refreshedAt = Date.now();

const panel = () => document.querySelector("[data-totals]");

async function refresh() {
  const response = await fetch(location.href, { redirect: "manual" });
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    // A question under the user's finger isn't taken away.
    if (part.querySelector("details[open]")) continue;
    const scrolled = part.querySelector(".scroll")?.scrollTop;
    const next = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    part.replaceWith(next);
    if (scrolled) next.querySelector(".scroll").scrollTop = scrolled;
  }
  refreshedAt = Date.now();
}

async function poll() {
  if (!document.hidden) {
    try {
      const response = await fetch(panel().dataset.totals);
      if (response.status === 401) return location.assign("/entrar");
      const totals = response.ok ? await response.json() : null;
      const isNew = totals && `${totals.total} ${totals.after_closing}` !== panel().dataset.shown;
      if (isNew || Date.now() - refreshedAt > REFRESH_MILLIS) await refresh();
    } catch {
      // The network or the server is away: the next poll tells.
    }
  }
  setTimeout(poll, POLL_MILLIS);
}

setTimeout(poll, POLL_MILLIS);
