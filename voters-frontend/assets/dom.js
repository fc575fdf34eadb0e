// The parts of a page, and what is said in them.

export const part = (id) => document.getElementById(id);

/** Says `text` in a part whose look tells `busy` and `failed` apart. */
export function say(id, text, state = "") {
  const status = part(id);
  status.textContent = text;
  status.dataset.state = state;
}

/** How often a live region speaks at most: whoever listens wants to do something else too. */
const SPEAK_PAUSE_MILLIS = 10_000;

/** Speaks in the live region `place`, the latest of what came in one pause, and nothing twice in a row. */
export function speaker(place) {
  let next;
  let pause;
  const speak = () => {
    pause = undefined;
    if (next === undefined || next === place.textContent) return;
    place.textContent = next;
    pause = setTimeout(speak, SPEAK_PAUSE_MILLIS);
  };
  return (text) => {
    next = text;
    if (pause === undefined) speak();
  };
}
