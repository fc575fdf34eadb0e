// Says plainly when what the page shows grows old. The page has a `#aviso` with its zone, and the texts of `notice_texts.html`.

import { clock } from "./text.js";
import { text } from "./texts.js";

/** Older numbers are said to be old. */
const AGE_MILLIS_MAX = 5_000;
const TICK_MILLIS = 500;

/** Begins to watch; tell what it returns whenever something came: of when it is, and how old it was then, in milliseconds. */
export function watchAge() {
  const notice = document.querySelector("#aviso");
  const timeOfDay = clock(notice.dataset.zone, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  let last = { cameAt: Date.now(), ageMillis: 0, asOf: Date.now() };
  let shownSince = Date.now();

  /** Says how old the numbers are, and how long nothing came, once that is more than a live programme can bear. */
  function tell() {
    const silent = Date.now() - last.cameAt;
    const age = silent + last.ageMillis;
    const isJustShown = Date.now() - shownSince < AGE_MILLIS_MAX;
    if (age < AGE_MILLIS_MAX || isJustShown) return notice.replaceChildren();
    const isGone = silent >= AGE_MILLIS_MAX;
    const seconds = Math.floor((isGone ? silent : age) / 1000);
    notify(text(isGone ? "notice-gone" : "notice-stale"), text("notice-since", { n: seconds }), text("notice-of", { at: timeOfDay(last.asOf) }));
  }

  /** The seconds are for the eye: a screen reader would say the whole again each second. */
  function notify(what, since, of) {
    if (notice.childElementCount === 0) {
      const alert = document.createElement("p");
      alert.className = "alert";
      const [first, second, third] = [0, 1, 2].map(() => document.createElement("span"));
      second.setAttribute("aria-hidden", "true");
      alert.append(first, " ", second, ": ", third);
      notice.append(alert);
    }
    const parts = notice.firstElementChild.children;
    [what, since, of].forEach((said, index) => write(parts[index], said));
  }

  document.addEventListener("visibilitychange", () => (shownSince = Date.now()));
  setInterval(tell, TICK_MILLIS);
  return (asOf, ageMillis) => (last = { cameAt: Date.now(), ageMillis, asOf });
}

/** Writes only what changed, so that nothing is read out or selected anew in vain. */
export function write(element, said) {
  if (element && element.textContent !== said) element.textContent = said;
}
