// Counts down to the opening or the closing, by the server's clock.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** What is still to come is said aloud when so much is left. */
const MARKS = [
  [MINUTE, "A votação fecha em menos de 1 minuto."],
  [10 * MINUTE, "A votação fecha em menos de 10 minutos."],
];
const WORDS = {
  scheduled: { ahead: "Abre em", now: "Abrindo…" },
  open: { ahead: "Fecha em", now: "Fechando…" },
};

const two = (number) => String(number).padStart(2, "0");

/** A length of time as people say it, in the two largest units that it has. */
function length(millis) {
  const all = Math.ceil(millis / SECOND);
  const [days, hours, minutes, seconds] = [Math.floor(all / 86_400), Math.floor(all / 3600) % 24, Math.floor(all / 60) % 60, all % 60];
  if (days > 0) return `${days} ${days === 1 ? "dia" : "dias"} e ${hours} h`;
  if (hours > 0) return `${hours} h ${two(minutes)} min`;
  if (minutes > 0) return `${minutes} min ${two(seconds)} s`;
  return `${seconds} s`;
}

/** Counts down in `place`, and calls `speak` when the closing comes near. Gives a function that takes each new state. */
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
    const text = left > 0 ? `${ahead} ${length(left)}` : now;
    if (place.textContent !== text) place.textContent = text;
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
