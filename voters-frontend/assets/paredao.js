// The page of a paredão: follows it, and lets the visitor vote in it.

import { countdown } from "./countdown.js";
import { part, speaker } from "./dom.js";
import { follow } from "./live.js";
import { draw, sentence } from "./panorama.js";
import { startVoting } from "./voting.js";

const LOCAL = new Intl.DateTimeFormat("pt-BR", {
  timeZone: "America/Sao_Paulo",
  day: "2-digit",
  month: "2-digit",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

const voting = part("voting");
const speakPanorama = speaker(part("spoken-panorama"));
const speakTime = (text) => (part("spoken-time").textContent = text);
const count = countdown(part("countdown"), speakTime);

/** A moment, as the server writes it into the page. */
function showMoment(id, moment) {
  const date = new Date(moment);
  part(id).dateTime = moment;
  part(id).textContent = `${LOCAL.format(date).replace(", ", " às ")} (Brasília)`;
}

function showState(state) {
  count(state);
  showMoment("opens-at", state.opens_at);
  part("closing").hidden = !state.closes_at;
  if (state.closes_at) showMoment("closes-at", state.closes_at);
  showResults(state);
  if (voting.dataset.status !== state.status) turn(state.status);
}

/** It has opened or closed. */
function turn(status) {
  const hadFocus = document.activeElement?.closest("[data-when]");
  voting.dataset.status = status;
  for (const element of document.querySelectorAll("[data-when]")) element.hidden = element.dataset.when !== status;
  speakTime({ open: "A votação está aberta.", closed: "A votação terminou." }[status] ?? "");
  // A button that goes away would take the focus with it.
  if (hadFocus?.hidden) document.querySelector("section:not([hidden]) h1").focus();
}

function showResults({ status, results_hidden: why }) {
  part("results").hidden = status === "scheduled";
  part("results-hidden").hidden = !why;
  part("results-hidden").textContent = why ?? "";
  // Without its numbers it is only names: they come with the panorama.
  if (why) part("panorama").hidden = true;
}

function showPanorama(panorama) {
  draw(part("panorama"), panorama);
  part("panorama").hidden = false;
  if (voting.dataset.status !== "scheduled") speakPanorama(sentence(panorama));
}

function showConnection(isThere) {
  const text = isThere ? "" : "Sem conexão com o servidor. Tentando de novo…";
  if (part("connection").textContent !== text) part("connection").textContent = text;
}

const followAnew = follow(`/api/v1/paredoes/${voting.dataset.slug}`, {
  state: showState,
  panorama: showPanorama,
  connection: showConnection,
});
if (part("vote-form")) startVoting(voting.dataset.slug, followAnew);
voting.dataset.ready = "true";
