// Takes the parts marked data-live from the page as the server renders it now. So there is one renderer, and a page without
// scripts shows the same.

const FOCUSABLE = "a[href], button, input, select, summary, [tabindex]";

/** Renews all parts; throws while the network or the server is away. Answers whether it could renew each of them. */
export async function refreshParts() {
  const response = await fetch(location.href, { redirect: "manual" });
  // The way to the sign-in.
  if (response.type === "opaqueredirect") {
    location.assign("/entrar");
    return false;
  }
  if (!response.ok) return false;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  let areAllNew = true;
  for (const part of document.querySelectorAll("[data-live]")) {
    // A question under the user's finger isn't taken away.
    if (part.querySelector(".confirm[open]")) {
      areAllNew = false;
      continue;
    }
    const isListOpen = part.querySelector("details[open]") !== null;
    const scrolled = part.querySelector(".scroll")?.scrollTop;
    const next = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    const focused = [...part.querySelectorAll(FOCUSABLE)].indexOf(document.activeElement);
    part.replaceWith(next);
    if (isListOpen) next.querySelector("details:not(.confirm)")?.setAttribute("open", "");
    // Whoever goes by keyboard stays where they were.
    if (focused >= 0) next.querySelectorAll(FOCUSABLE)[focused]?.focus({ preventScroll: true });
    if (scrolled) next.querySelector(".scroll").scrollTop = scrolled;
  }
  return areAllNew;
}
