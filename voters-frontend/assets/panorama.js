// The bars of a panorama.

const PERCENT = new Intl.NumberFormat("pt-BR", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** Draws `panorama` into the bars of `list`, unless they show a later one. */
export function draw(list, { revision, participants }) {
  if (revision < Number(list.dataset.revision)) return;
  list.dataset.revision = revision;
  for (const { id, percent } of participants) {
    const bar = list.querySelector(`[data-participant="${id}"]`);
    if (!bar) continue;
    bar.querySelector(".bar-line").value = percent;
    bar.querySelector(".bar-percent").textContent = `${PERCENT.format(percent)}\u00a0%`;
  }
}

/** The same in one sentence, rounded, for whoever listens. */
export const sentence = ({ participants }) =>
  `${participants.map(({ name, percent }) => `${name} ${Math.round(percent)} %`).join(", ")}.`;
