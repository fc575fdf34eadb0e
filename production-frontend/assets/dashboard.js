// Keeps the page of one paredão live: follows the stream of its numbers, and says plainly when they grow old.

import { drawChart } from "./chart.js";
import { watchAge, write } from "./notice.js";
import { refreshParts } from "./parts.js";
import { clock, hundredths, number, numberIn, percent, seconds } from "./text.js";
import { text } from "./texts.js";

const TICK_MILLIS = 500;
/** What can't be shown by changing numbers is taken anew from the server, but not more often. */
const REFRESH_MILLIS_MIN = 5_000;
/** A screen reader is told of new numbers, but not each second. */
const SUMMARY_MILLIS_MIN = 30_000;
/** After a stream was refused. */
const RECONNECT_MILLIS = 2_000;

const panel = document.querySelector("#painel");
const table = document.querySelector("#tabela");
const { slug, zone, granularity } = panel.dataset;
const isLive = panel.dataset.isLive === "true";
const isComparing = table.tHead.rows[0].querySelector(".with-line") !== null;
const timeOfDay = clock(zone, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minuteOfDay = clock(zone, { hour: "2-digit", minute: "2-digit" });

const numbers = () => document.querySelector("#numeros");
const figure = (name) => numbers().querySelector(`[data-figure="${name}"]`);
const chart = drawChart(document.querySelector("#grafico"), table, { zone, granularity });

const came = watchAge();

/** When the last numbers were right. */
let rightAt = Date.now();
let source;
let refreshedAt = 0;
let summarisedAt = Date.now();
let isRefreshing = false;
/** Whether something is shown that only a page taken anew puts right. */
let isOutdated = false;

const votes = (count) => text(count === 1 ? "dashboard-vote" : "dashboard-votes", { count: number(count) });

function showStanding(standing) {
  const { total, last_minute: minute, leader, lag } = standing;
  const asOf = Date.parse(standing.as_of);
  numbers().dataset.total = total;
  numbers().dataset.asOf = asOf;
  write(figure("total"), number(total));
  write(figure("minute"), number(minute.votes));
  write(figure("minute-start"), minuteOfDay(Date.parse(minute.start)));
  write(figure("leader"), leader?.name ?? (total > 0 ? text("dashboard-tie") : text("dashboard-nobody")));
  write(figure("margin"), leader ? text("dashboard-margin", { points: hundredths(leader.margin_points) }) : "");
  write(figure("as-of"), timeOfDay(asOf));
  write(figure("lag"), lag.millis === null ? "–" : seconds(lag.millis));
  write(figure("lag-note"), lagNote(lag));
  for (const participant of standing.participants) {
    const card = document.querySelector(`[data-participant="${participant.id}"]`);
    write(card.querySelector(".share"), percent(participant.percent));
    write(card.querySelector(".votes"), votes(participant.total));
    card.querySelector(".part").setAttribute("width", participant.percent);
  }
}

function summarise({ total, leader }) {
  if (Date.now() - summarisedAt < SUMMARY_MILLIS_MIN) return;
  summarisedAt = Date.now();
  const said = leader
    ? text("dashboard-summary", { votes: votes(total), leader: leader.name, points: hundredths(leader.margin_points) })
    : votes(total);
  write(document.querySelector("#resumo"), said);
}

function lagNote({ records, uncounted }) {
  const waiting = records === null ? text("dashboard-no-register") : text("dashboard-queue", { count: number(records) });
  return uncounted === 0 ? waiting : `${waiting} · ${text("dashboard-uncounted", { count: number(uncounted) })}`;
}

/** The rows of the table from `since` on, the newest first. */
const rowsSince = (since) => [...table.tBodies[0].rows].filter((row) => Number(row.dataset.start) >= since);

const totalOf = (row) => numberIn(row.querySelector("strong").textContent);

/** Whether the votes of all earlier rows are still those that the table shows: replays and imports change them. */
function areEarlierRowsRight(standing, tail) {
  const earlierShown = rowsSince(since(tail)).reduce((votes, row) => votes - totalOf(row), Number(numbers().dataset.total));
  const earlier = tail.rows.reduce((votes, row) => votes - row.total, standing.total);
  return earlier === earlierShown;
}

const since = (tail) => Date.parse(tail.since) / 1000;

/** Shows the newest rows; answers whether all of them could be shown in full. */
function showRows(tail) {
  const body = table.tBodies[0];
  const shown = new Map(rowsSince(since(tail)).map((row) => [`${row.dataset.start} ${row.dataset.grain}`, row]));
  body.querySelector(".none")?.parentElement.remove();
  let isWhole = true;
  const rows = tail.rows.map((view) => {
    const start = Date.parse(view.start) / 1000;
    const key = `${start} ${view.grain}`;
    const row = shown.get(key) ?? newRow(start, view);
    // What it is compared with only the server knows.
    if (!shown.has(key) && isComparing) isWhole = false;
    shown.delete(key);
    view.votes.forEach((count, index) => write(row.cells[index + 1], number(count)));
    write(row.querySelector("strong"), number(view.total));
    return row;
  });
  for (const gone of shown.values()) gone.remove();
  rows.reverse();
  // Rows that stand where they should aren't touched.
  if (rows.some((row, index) => body.rows[index] !== row)) body.prepend(...rows);
  while (body.rows.length > Number(panel.dataset.rowsMax)) body.rows[body.rows.length - 1].remove();
  return isWhole;
}

function newRow(start, { grain, label, votes }) {
  const row = document.createElement("tr");
  row.dataset.start = start;
  row.dataset.grain = grain;
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = label;
  const total = document.createElement("td");
  total.append(document.createElement("strong"));
  row.append(head, ...votes.map(() => document.createElement("td")), total);
  if (isComparing) row.insertCell().textContent = "–";
  return row;
}

/** Whether the page says something that goes on without a change of its state: what a count waits for, the minute of a closing. */
const saysMore = ({ status, finality, last_minute: minute }) =>
  finality === "counting" || (status === "open" && minuteOfDay(Date.parse(minute.start)) !== figure("minute-start").textContent);

/** What numbers alone can't show: as the page's own `data-state`. */
const stateOf = ({ status, after_closing, lag, reconciliation, finality, is_proposed }) =>
  JSON.stringify([status, after_closing, lag.halted, reconciliation.state, finality, is_proposed]);

function show({ standing, tail }) {
  came(Date.parse(standing.as_of), standing.age_millis);
  rightAt = Date.now() - standing.age_millis;
  // A page that was taken anew may be younger than the stream's last reading.
  if (Date.parse(standing.as_of) < Number(numbers().dataset.asOf)) return;
  let isWhole = stateOf(standing) === numbers().dataset.state && !saysMore(standing);
  if (isLive) {
    isWhole = areEarlierRowsRight(standing, tail) && isWhole;
    isWhole = showRows(tail) && isWhole;
    chart.update();
  }
  showStanding(standing);
  summarise(standing);
  isOutdated ||= !isWhole;
  if (isOutdated) refresh();
}

async function refresh() {
  if (isRefreshing || Date.now() - refreshedAt < REFRESH_MILLIS_MIN) return;
  isRefreshing = true;
  refreshedAt = Date.now();
  try {
    if (await refreshParts()) isOutdated = false;
    chart.update();
  } catch {
    // The notice says that the connection is gone.
  } finally {
    isRefreshing = false;
  }
}

function connect() {
  source?.close();
  source = new EventSource(`/api/v1/paredoes/${slug}/live?granularity=${granularity}`);
  source.addEventListener("message", (event) => show(JSON.parse(event.data)));
  // A stream that broke off is taken up again by the browser; one that was refused isn't.
  source.addEventListener("error", () => source.readyState === EventSource.CLOSED && setTimeout(reconnect, RECONNECT_MILLIS));
}

/** The page itself tells whether its reader must sign in again. */
async function reconnect() {
  if (document.hidden) return;
  try {
    await refreshParts();
  } catch {
    // The notice says that the connection is gone.
  }
  connect();
}

// A browser keeps few connections to one server: a page that nobody sees gives its own back.
document.addEventListener("visibilitychange", () => {
  source.close();
  if (!document.hidden) connect();
});

connect();
setInterval(() => write(figure("age"), text("dashboard-age", { n: number(Math.floor((Date.now() - rightAt) / 1000)) })), TICK_MILLIS);
