// The page of a paredão: follows it, and lets the visitor vote in it.

import { countdown } from "./countdown.js";
import { part, speaker } from "./dom.js";
import { follow, reloadSoon } from "./live.js";
import { draw, sentence } from "./panorama.js";
import { LANGUAGE, text } from "./texts.js";
import { startVoting } from "./voting.js";

/** The parts of a moment, as the server writes them. */
const format = (parts) => new Intl.DateTimeFormat(LANGUAGE, { timeZone: "America/Sao_Paulo", ...parts });
const DAY = format(
  LANGUAGE === "pt-BR" ? { day: "2-digit", month: "2-digit", year: "numeric" } : { dateStyle: "medium" },
);
const TIME = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

const voting = part("voting");
const speakPanorama = speaker(part("spoken-panorama"));
const speakTime = (id) => (part("spoken-time").textContent = text(id));
const count = countdown(part("countdown"), speakTime);

/** A moment, as the server writes it into the page. */
function showMoment(id, moment) {
  const date = new Date(moment);
  part(id).dateTime = moment;
  part(id).textContent = text("moment", { day: DAY.format(date), time: TIME.format(date) });
}

function showState(state) {
  // Title and participants may be edited until it opens; nobody has a ballot before that, and whoever has one keeps it.
  if (state.lineup !== voting.dataset.lineup && !part("choose").hidden) reloadSoon();
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
  if (status === "open") speakTime("voting-opened");
  if (status === "closed") speakTime(part("confirm")?.hidden === false ? "last-moments" : "voting-over");
  // A button that goes away would take the focus with it.
  if (hadFocus?.hidden) document.querySelector("section:not([hidden]) h1").focus();
}

function showResults({ status, results_hidden: why }) {
  part("results").hidden = status === "scheduled";
  part("results-hidden").hidden = !why;
  part("results-hidden").textContent = why ? text(`hidden-${why}`) : "";
  // Without its numbers it is only names: they come with the panorama.
  if (why) part("panorama").hidden = true;
}

function showPanorama(panorama) {
  if (!draw(part("panorama"), panorama)) return;
  part("panorama").hidden = false;
  if (voting.dataset.status !== "scheduled") speakPanorama(sentence(panorama));
}

function showConnection(isThere) {
  const said = isThere ? "" : text("connection-lost");
  if (part("connection").textContent !== said) part("connection").textContent = said;
}

const followAnew = follow(`/api/v1/paredoes/${voting.dataset.slug}`, {
  state: showState,
  panorama: showPanorama,
  connection: showConnection,
  // The page then says what the server says.
  unknown: reloadSoon,
});
if (part("vote-form")) startVoting(voting.dataset.slug, followAnew);
voting.dataset.ready = "true";
