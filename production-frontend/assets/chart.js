// Draws the table of votes by time as a chart: a line per column, from the very numbers that the table shows.

import { clock, number } from "./text.js";

const HEIGHT = 300;
/** A line is known by its dashes too, not by its colour alone. */
const DASHES = [[], [10, 4], [3, 3], [12, 3, 3, 3], [6, 6]];
const DAY_SECONDS = 24 * 3600;
/** No votes are told apart within a minute, so no label is. In seconds. */
const TIME_STEPS = [1, 5, 10, 15, 30, 60, 120, 180, 360, 720].map((minutes) => minutes * 60).concat([1, 2, 7, 14, 30].map((days) => days * DAY_SECONDS));
/** Votes are whole. */
const STEPS = Array.from({ length: 13 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();

const dark = matchMedia("(prefers-color-scheme: dark)");

/** Draws `table` into `box`; the answer's `update` draws it again after the table has changed. */
export function drawChart(box, table, { zone, granularity }) {
  const canvas = document.createElement("div");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "Gráfico dos votos; os mesmos números estão na tabela abaixo");
  const readout = document.createElement("p");
  readout.className = "muted readout";
  readout.setAttribute("aria-hidden", "true");
  box.hidden = false;
  const columns = columnsOf(table);
  box.replaceChildren(switches(columns, (index) => plot.setSeries(index + 1, { show: columns[index].isShown })), canvas, readout);

  const times = { time: clock(zone, { hour: "2-digit", minute: "2-digit" }), date: clock(zone, { day: "2-digit", month: "2-digit" }) };
  let plot;
  const draw = () => {
    plot?.destroy();
    plot = new uPlot(options(canvas, columns, zone, times, readout), points(table, columns, granularity), canvas);
  };
  draw();
  new ResizeObserver(() => plot.setSize({ width: canvas.clientWidth, height: HEIGHT })).observe(canvas);
  dark.addEventListener("change", draw);
  return { update: () => plot.setData(points(table, columns, granularity)) };
}

/** What the head of the table says of each column of numbers. */
function columnsOf(table) {
  const heads = [...table.tHead.rows[0].cells].slice(1);
  const isComparing = heads.at(-1).classList.contains("with-line");
  return heads.map((head, index) => {
    const isParticipant = !head.matches(".total-line, .with-line");
    return {
      head,
      name: head.textContent,
      dash: DASHES[index % DASHES.length],
      // Each participant beside the others, or the totals of two paredões.
      isShown: isParticipant !== isComparing,
    };
  });
}

/** The rows of the grain asked for, the oldest first, as uPlot takes them: the times, then the votes of each column. */
function points(table, columns, granularity) {
  const rows = [...table.tBodies[0].rows].filter((row) => row.dataset.grain === granularity).reverse();
  const value = (cell) => (cell.textContent === "–" ? null : Number(cell.textContent.replaceAll(".", "")));
  const values = columns.map((_, index) => rows.map((row) => value(row.cells[index + 1])));
  return [rows.map((row) => Number(row.dataset.start)), ...values];
}

function options(canvas, columns, zone, times, readout) {
  const colour = (name) => resolved(canvas, `var(${name})`);
  const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 } };
  const labels = (_, splits, __, ___, step) => splits.map((at) => (step < DAY_SECONDS ? times.time : times.date)(at * 1000));
  return {
    width: canvas.clientWidth,
    height: HEIGHT,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { y: { range: (_, __, max) => [0, Math.max((max ?? 0) * 1.05, 1)] } },
    axes: [
      { ...axis, incrs: TIME_STEPS, values: labels },
      { ...axis, size: 80, incrs: STEPS, values: (_, splits) => splits.map(number) },
    ],
    series: [{}, ...columns.map((column) => line(column))],
    hooks: { setCursor: [(plot) => (readout.textContent = said(plot, columns, times))] },
  };
}

function line({ head, name, dash, isShown }) {
  return { label: name, show: isShown, stroke: getComputedStyle(head).borderBottomColor, width: 2, dash, spanGaps: false };
}

/** What lies under the cursor, in words. */
function said(plot, columns, { date, time }) {
  const index = plot.cursor.idx;
  const at = index == null ? undefined : plot.data[0][index];
  if (at === undefined) return "";
  const shown = columns.map(({ name, isShown }, column) => isShown && `${name} ${number(plot.data[column + 1][index] ?? 0)}`);
  return [`${date(at * 1000)} ${time(at * 1000)}`, ...shown.filter(Boolean)].join(" · ");
}

/** A box to tick per column, with a piece of its line. */
function switches(columns, toggled) {
  const group = document.createElement("div");
  group.className = "switches";
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "Mostrar no gráfico");
  columns.forEach((column, index) => {
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = column.isShown;
    box.addEventListener("change", () => {
      column.isShown = box.checked;
      toggled(index);
    });
    label.append(box, sample(column), column.name);
    group.append(label);
  });
  return group;
}

function sample({ head, dash }) {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  for (const [name, value] of Object.entries({ viewBox: "0 0 32 4", width: 32, height: 4, "aria-hidden": "true" })) svg.setAttribute(name, value);
  svg.classList.add("sample", ...head.classList);
  const path = document.createElementNS(namespace, "path");
  for (const [name, value] of Object.entries({ d: "M0 2h32", "stroke-width": 3, "stroke-dasharray": dash.join(" ") })) path.setAttribute(name, value);
  svg.append(path);
  return svg;
}

/** The colour that an expression means here and now: canvases don't know variables. */
function resolved(parent, expression) {
  const probe = document.createElement("i");
  probe.style.color = expression;
  parent.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
