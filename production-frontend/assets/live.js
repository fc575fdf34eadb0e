// Keeps a page live: takes the parts marked data-live from the page as the server renders it now. So there is one
// renderer, and a page without scripts shows the same. A page of totals asks the API first whether they have changed.

const POLL_MILLIS = 2_000;
// The status changes by the clock alone.
const REFRESH_MILLIS = 20_000;

let refreshedAt = Date.now();

const panel = () => document.querySelector("[data-totals]");

async function refresh() {
  const response = await fetch(location.href, { redirect: "manual" });
  // The way to the sign-in.
  if (response.type === "opaqueredirect") return location.assign("/entrar");
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

async function isOutdated() {
  const shown = panel();
  if (!shown || Date.now() - refreshedAt > REFRESH_MILLIS) return true;
  const response = await fetch(shown.dataset.totals);
  const totals = response.ok ? await response.json() : null;
  return totals && `${totals.total} ${totals.after_closing}` !== shown.dataset.shown;
}

async function poll() {
  if (!document.hidden) {
    try {
      if (await isOutdated()) await refresh();
    } catch {
      // The network or the server is away: the next poll tells.
    }
  }
  setTimeout(poll, POLL_MILLIS);
}

setTimeout(poll, POLL_MILLIS);
