// Counts down to the opening or the closing, by the server's clock.

import { LANGUAGE, text } from "./texts.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** What is still to come is said aloud when so much is left. */
const MARKS = [
  [MINUTE, "closes-within-1-minute"],
  [10 * MINUTE, "closes-within-10-minutes"],
];
const WORDS = {
  scheduled: { ahead: "opens-in", now: "opening" },
  open: { ahead: "closes-in", now: "closing" },
};

/** `3` hours as `3 h`, of at least so many digits. */
const units = (number, unit, digits = 1) =>
  new Intl.NumberFormat(LANGUAGE, { style: "unit", unit, minimumIntegerDigits: digits }).format(number);

/** A length of time as people say it, in the two largest units that it has. */
function length(millis) {
  const all = Math.ceil(millis / SECOND);
  const [days, hours, minutes, seconds] = [Math.floor(all / 86_400), Math.floor(all / 3600) % 24, Math.floor(all / 60) % 60, all % 60];
  if (days > 0) return `${units(days, "day")} ${units(hours, "hour")}`;
  if (hours > 0) return `${units(hours, "hour")} ${units(minutes, "minute", 2)}`;
  if (minutes > 0) return `${units(minutes, "minute")} ${units(seconds, "second", 2)}`;
  return units(seconds, "second");
}

/** Counts down in `place`, and calls `speak` with a text's name when the closing comes near. Gives a function that takes each new state. */
export function countdown(place, speak) {
  let state;
  let offset = 0;
  /** What was left when it last looked; undefined while it doesn't know. */
  let before;

  function tick() {
    const goal = { scheduled: state.opens_at, open: state.closes_at }[state.status];
    place.hidden = !goal;
    const left = goal ? Date.parse(goal) - (performance.now() + offset) : Infinity;
    if (goal) show(left);
    const mark = MARKS.find(([millis]) => left <= millis && before > millis);
    if (mark && state.status === "open") speak(mark[1]);
    before = left;
  }

  function show(left) {
    const { ahead, now } = WORDS[state.status];
    const shown = left > 0 ? text(ahead, { left: length(left) }) : text(now);
    if (place.textContent !== shown) place.textContent = shown;
    place.dataset.soon = left < MINUTE;
  }

  setInterval(() => state && tick(), SECOND);
  return (latest) => {
    // Another goal: what was left until the last one says nothing.
    if (state?.status !== latest.status) before = undefined;
    state = latest;
    offset = Date.parse(latest.now) - performance.now();
    tick();
  };
}
