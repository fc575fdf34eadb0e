// Keeps the page of one paredão live: follows the stream of its numbers, and says plainly when they grow old.

import { drawChart } from "./chart.js";
import { refreshParts } from "./parts.js";
import { clock, hundredths, number, seconds, votes } from "./text.js";

/** Older numbers are said to be old. */
const AGE_MILLIS_MAX = 5_000;
const TICK_MILLIS = 500;
/** What can't be shown by changing numbers is taken anew from the server, but not more often. */
const REFRESH_MILLIS_MIN = 5_000;
/** A screen reader is told of new numbers, but not each second. */
const SUMMARY_MILLIS_MIN = 30_000;
/** After a stream was refused. */
const RECONNECT_MILLIS = 2_000;

const panel = document.querySelector("#painel");
const table = document.querySelector("#tabela");
const notice = document.querySelector("#aviso");
const { slug, zone, granularity } = panel.dataset;
const isLive = panel.dataset.isLive === "true";
const isComparing = table.tHead.rows[0].querySelector(".with-line") !== null;
const timeOfDay = clock(zone, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minuteOfDay = clock(zone, { hour: "2-digit", minute: "2-digit" });

const numbers = () => document.querySelector("#numeros");
const figure = (name) => numbers().querySelector(`[data-figure="${name}"]`);
const chart = drawChart(document.querySelector("#grafico"), table, { zone, granularity });

/** The last numbers: when they came, and how old they were then. */
let last = { cameAt: Date.now(), ageMillis: 0 };
let source;
let shownSince = Date.now();
let refreshedAt = 0;
let summarisedAt = Date.now();
let isRefreshing = false;
/** Whether something is shown that only a page taken anew puts right. */
let isOutdated = false;

/** Writes only what changed, so that nothing is read out or selected anew in vain. */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function showStanding(standing) {
  const { total, last_minute: minute, leader, lag } = standing;
  const asOf = Date.parse(standing.as_of);
  numbers().dataset.total = total;
  numbers().dataset.asOf = asOf;
  write(figure("total"), number(total));
  write(figure("minute"), number(minute.votes));
  write(figure("minute-start"), minuteOfDay(Date.parse(minute.start)));
  write(figure("leader"), leader?.name ?? (total > 0 ? "Empate" : "Ninguém ainda"));
  write(figure("margin"), leader ? `${hundredths(leader.margin_points)} pontos à frente` : "");
  write(figure("as-of"), timeOfDay(asOf));
  write(figure("lag"), lag.millis === null ? "–" : seconds(lag.millis));
  write(figure("lag-note"), lagNote(lag));
  for (const { id, total, percent } of standing.participants) {
    const card = document.querySelector(`[data-participant="${id}"]`);
    write(card.querySelector(".share"), `${hundredths(percent)} %`);
    write(card.querySelector(".votes"), votes(total));
    card.querySelector(".part").setAttribute("width", percent);
  }
}

function summarise({ total, leader }) {
  if (Date.now() - summarisedAt < SUMMARY_MILLIS_MIN) return;
  summarisedAt = Date.now();
  const ahead = leader ? `; ${leader.name} na frente por ${hundredths(leader.margin_points)} pontos` : "";
  write(document.querySelector("#resumo"), `${votes(total)}${ahead}`);
}

function lagNote({ records, uncounted }) {
  const waiting = records === null ? "nenhum registrador" : `${votes(records)} na fila`;
  if (uncounted === 0) return waiting;
  return `${waiting}, ${number(uncounted)} ${uncounted === 1 ? "partição" : "partições"} sem contagem`;
}

/** The rows of the table from `since` on, the newest first. */
const rowsSince = (since) => [...table.tBodies[0].rows].filter((row) => Number(row.dataset.start) >= since);

const totalOf = (row) => Number(row.querySelector("strong").textContent.replaceAll(".", ""));

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

/** What numbers alone can't show: as the page's own `data-state`. */
const stateOf = ({ status, after_closing, lag, reconciliation }) =>
  JSON.stringify([status, after_closing, lag.halted, reconciliation.state]);

function show({ standing, tail }) {
  last = { cameAt: Date.now(), ageMillis: standing.age_millis };
  // A page that was taken anew may be younger than the stream's last reading.
  if (Date.parse(standing.as_of) < Number(numbers().dataset.asOf)) return;
  let isWhole = stateOf(standing) === numbers().dataset.state;
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

/** Says how old the numbers are, and how long nothing came, once that is more than a live programme can bear. */
function tell() {
  const silent = Date.now() - last.cameAt;
  const age = silent + last.ageMillis;
  write(figure("age"), `há ${Math.floor(age / 1000)} s`);
  const isJustShown = Date.now() - shownSince < AGE_MILLIS_MAX;
  if (age < AGE_MILLIS_MAX || isJustShown) return notice.replaceChildren();
  const isGone = silent >= AGE_MILLIS_MAX;
  const what = isGone ? "Sem conexão" : "Números parados";
  const at = timeOfDay(Number(numbers().dataset.asOf));
  notify(what, ` há ${Math.floor((isGone ? silent : age) / 1000)} s`, isGone ? `: números de ${at}.` : `: são de ${at}.`);
}

/** The seconds are for the eye: a screen reader would say the whole again each second. */
function notify(what, since, then) {
  if (notice.childElementCount === 0) {
    const alert = document.createElement("p");
    alert.className = "alert";
    const seconds = document.createElement("span");
    seconds.setAttribute("aria-hidden", "true");
    alert.append(document.createElement("span"), seconds, document.createElement("span"));
    notice.append(alert);
  }
  [what, since, then].forEach((text, index) => write(notice.firstElementChild.children[index], text));
}

// A browser keeps few connections to one server: a page that nobody sees gives its own back.
document.addEventListener("visibilitychange", () => {
  source.close();
  if (document.hidden) return;
  shownSince = Date.now();
  connect();
});

connect();
setInterval(tell, TICK_MILLIS);
