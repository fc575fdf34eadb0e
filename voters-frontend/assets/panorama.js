// The bars of a panorama.

import { LANGUAGE } from "./texts.js";

/** As the server writes them: a space before the sign in Portuguese, none in English. */
const percents = (digits) => {
  const format = new Intl.NumberFormat(LANGUAGE, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const sign = LANGUAGE === "pt-BR" ? "\u00a0%" : "%";
  return (percent) => format.format(percent) + sign;
};
const exactly = percents(2);
const roughly = percents(0);

/** Draws `panorama` into the bars of `list`, unless they show a later one. Gives whether it did. */
export function draw(list, { revision, participants }) {
  if (revision < Number(list.dataset.revision)) return false;
  list.dataset.revision = revision;
  for (const { id, percent } of participants) {
    const bar = list.querySelector(`[data-participant="${id}"]`);
    if (!bar) continue;
    bar.querySelector(".bar-line").value = percent;
    bar.querySelector(".bar-percent").textContent = exactly(percent);
  }
  return true;
}

/** The same in one sentence, rounded, for whoever listens. */
export const sentence = ({ participants }) =>
  `${participants.map(({ name, percent }) => `${name} ${roughly(percent)}`).join(", ")}.`;
