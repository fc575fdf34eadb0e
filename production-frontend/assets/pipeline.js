// Keeps the page of the count live.

import { follow } from "./feed.js";
import { write } from "./notice.js";
import { number, seconds } from "./text.js";
import { text } from "./texts.js";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const now = () => document.querySelector("#agora");
const aggregatedMillisMax = Number(now().dataset.aggregatedMax);

/** What isn't known is a dash. */
const known = (value, say) => (value === null ? "–" : say(value));

/** As the server says it. */
function ago(millis) {
  if (millis < 2 * MINUTE) return text("ago-seconds", { n: number(Math.max(0, Math.floor(millis / SECOND))) });
  if (millis < 2 * HOUR) return text("ago-minutes", { n: number(Math.floor(millis / MINUTE)) });
  if (millis < 2 * DAY) return text("ago-hours", { n: number(Math.floor(millis / HOUR)) });
  return text("ago-days", { n: number(Math.floor(millis / DAY)) });
}

/** What numbers alone can't show: as the page's own `data-state`. */
function stateOf({ as_of, aggregated_at, nodes, partitions, reconciliation }) {
  const isAggregatorSilent = aggregated_at === null || Date.parse(as_of) - Date.parse(aggregated_at) > aggregatedMillisMax;
  return JSON.stringify([
    nodes.map(({ node, since }) => [node, since]),
    partitions.map((it) => [it.topic, it.partition, it.owner, it.state, it.paused_at, it.halt_reason, it.last_error]),
    reconciliation.state,
    isAggregatorSilent,
  ]);
}

function showNow({ lag, partitions, aggregated_at }, since) {
  const figure = (name, said) => write(now().querySelector(`[data-figure="${name}"]`), said);
  figure("records", known(lag.records, number));
  figure("millis", known(lag.millis, seconds));
  figure("minute", number(partitions.reduce((votes, partition) => votes + partition.minute_votes, 0)));
  figure("uncounted", number(lag.uncounted));
  figure("aggregated", known(aggregated_at, since));
}

/** The page's rows by what they are about; a partition with an error has a line below the table too. */
function rowsBy(name) {
  const rows = new Map();
  for (const row of document.querySelectorAll(`[data-${name}]`)) rows.set(row.dataset[name], [...(rows.get(row.dataset[name]) ?? []), row]);
  return (key, field, said) => rows.get(key)?.forEach((row) => write(row.querySelector(`[data-field="${field}"]`), said));
}

function showRows({ nodes, partitions }, since) {
  const ofNode = rowsBy("node");
  for (const { node, partitions, minute_votes, seen_at } of nodes) {
    ofNode(node, "partitions", number(partitions));
    ofNode(node, "minute_votes", number(minute_votes));
    ofNode(node, "seen_at", since(seen_at));
  }
  const ofPartition = rowsBy("partition");
  for (const partition of partitions) {
    const key = `${partition.topic}/${partition.partition}`;
    for (const field of ["lag_records", "minute_votes", "next_offset", "high_offset"]) ofPartition(key, field, known(partition[field], number));
    ofPartition(key, "lag_millis", known(partition.lag_millis, seconds));
    ofPartition(key, "last_error_at", known(partition.last_error_at, since));
  }
}

function show(pipeline) {
  // A page that was taken anew may be younger than the stream's last reading.
  if (Date.parse(pipeline.as_of) < Number(now().dataset.asOf)) return true;
  const since = (at) => ago(Date.parse(pipeline.as_of) - Date.parse(at));
  showNow(pipeline, since);
  showRows(pipeline, since);
  return stateOf(pipeline) === now().dataset.state;
}

follow("/api/v1/pipeline/live", show);
