// Draws the table of votes by time as a chart: a line per column, from the very numbers that the table shows.

import { clock, day, numberIn, short } from "./text.js";
import { text } from "./texts.js";

const HEIGHT = 300;
/** A line is known by its dashes too, not by its colour alone. */
const DASHES = [[], [10, 4], [3, 3], [12, 3, 3, 3], [6, 6]];
/** More lines than these are a tangle: at first the participants with the most votes are shown. */
const LINES_MAX = 6;
const DAY_SECONDS = 24 * 3600;
/** How long a span one row covers, in seconds. */
const GRAIN_SECONDS = { minute: 60, "5min": 300, "15min": 900, hour: 3600, day: DAY_SECONDS };
/** What may lie between two labels, in seconds. */
const TIME_STEPS = [1, 5, 10, 15, 30, 60, 120, 180, 360, 720].map((minutes) => minutes * 60).concat([1, 2, 7, 14, 30].map((days) => days * DAY_SECONDS));
/** Votes are whole. */
const STEPS = Array.from({ length: 13 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();

const dark = matchMedia("(prefers-color-scheme: dark)");

/** Draws `table` into `box`; the answer's `update` draws it again after the table has changed. */
export function drawChart(box, table, { zone, granularity }) {
  const canvas = document.createElement("div");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", text("chart"));
  const readout = document.createElement("p");
  readout.className = "muted readout";
  readout.setAttribute("aria-hidden", "true");
  box.hidden = false;
  const columns = columnsOf(table);
  box.replaceChildren(switches(columns, toggled), canvas, readout);

  const times = { time: clock(zone, { hour: "2-digit", minute: "2-digit" }), date: day(zone) };
  const say = () => (readout.textContent = said(plot, columns, shownRows(table, granularity)));
  let plot;
  function toggled(index) {
    plot.setSeries(index + 1, { show: columns[index].isShown });
    say();
  }
  const draw = () => {
    plot?.destroy();
    plot = new uPlot(options({ canvas, columns, zone, granularity, times, say }), points(table, columns, granularity), canvas);
    say();
  };
  draw();
  new ResizeObserver(() => plot.setSize({ width: canvas.clientWidth, height: HEIGHT })).observe(canvas);
  dark.addEventListener("change", draw);
  const update = () => {
    plot.setData(points(table, columns, granularity));
    say();
  };
  return { update };
}

/** What the head of the table says of each column of numbers. */
function columnsOf(table) {
  const heads = [...table.tHead.rows[0].cells].slice(1);
  const isComparing = heads.at(-1).classList.contains("with-line");
  const isParticipant = (head) => !head.matches(".total-line, .with-line");
  const most = new Set(heads.filter(isParticipant).toSorted((a, b) => votesOf(table, b) - votesOf(table, a)).slice(0, LINES_MAX));
  return heads.map((head, index) => ({
    head,
    name: head.textContent,
    dash: DASHES[index % DASHES.length],
    // Each participant beside the others, or the totals of two paredões.
    isShown: isComparing ? !isParticipant(head) : most.has(head),
  }));
}

/** What the cells below `head` add up to. */
const votesOf = (table, head) =>
  [...table.tBodies[0].rows].reduce((votes, row) => votes + (numberIn(row.cells[head.cellIndex]?.textContent ?? "") ?? 0), 0);

/** The rows of the grain asked for, the oldest first. */
const shownRows = (table, granularity) => [...table.tBodies[0].rows].filter((row) => row.dataset.grain === granularity).reverse();

/** The same as uPlot takes them: the times, then the votes of each column. */
function points(table, columns, granularity) {
  const rows = shownRows(table, granularity);
  const values = columns.map((_, index) => rows.map((row) => numberIn(row.cells[index + 1].textContent)));
  return [rows.map((row) => Number(row.dataset.start)), ...values];
}

/** Votes aren't told apart within a row's span, so labels aren't. */
const timeSteps = (granularity) => TIME_STEPS.filter((step) => step >= GRAIN_SECONDS[granularity]);

/** A lone row stands in the middle, with a span to each side: so there are times to tell it by. */
function timeRange(granularity) {
  const grain = GRAIN_SECONDS[granularity];
  return ({ data: [times] }, min, max) => (times.length === 1 ? [times[0] - grain, times[0] + grain] : [min, max]);
}

function options({ canvas, columns, zone, granularity, times, say }) {
  const colour = (name) => resolved(canvas, `var(${name})`);
  const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 } };
  const labels = (_, splits, __, ___, step) => splits.map((at) => (step < DAY_SECONDS ? times.time : times.date)(at * 1000));
  return {
    width: canvas.clientWidth,
    height: HEIGHT,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { x: { range: timeRange(granularity) }, y: { range: (_, __, max) => [0, Math.max((max ?? 0) * 1.05, 1)] } },
    axes: [
      { ...axis, size: 36, incrs: timeSteps(granularity), values: labels },
      { ...axis, size: 64, incrs: STEPS, values: (_, splits) => splits.map(short) },
    ],
    series: [{}, ...columns.map((column) => line(column))],
    hooks: { setCursor: [say] },
  };
}

function line({ head, name, dash, isShown }) {
  return { label: name, show: isShown, stroke: getComputedStyle(head).borderBottomColor, width: 2, dash, spanGaps: false };
}

/** What lies under the cursor, in words; elsewhere the newest row. */
function said(plot, columns, rows) {
  const row = rows[plot?.cursor.idx ?? rows.length - 1];
  if (row === undefined) return "";
  const shown = columns.map(({ name, isShown }, index) => isShown && `${name} ${row.cells[index + 1].textContent}`);
  return [row.cells[0].textContent, ...shown.filter(Boolean)].join(" · ");
}

/** A box to tick per column, with a piece of its line. */
function switches(columns, toggled) {
  const group = document.createElement("div");
  group.className = "switches";
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", text("chart-switches"));
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
