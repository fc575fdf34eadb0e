// The big screen: follows a paredão as somebody who hasn't voted, for everybody looks at it.

import { countdown } from "./countdown.js";
import { part } from "./dom.js";
import { follow, reloadSoon } from "./live.js";
import { draw } from "./panorama.js";
import { text } from "./texts.js";

const screen = part("telao");
// Nobody listens to a wall.
const count = countdown(part("countdown"), () => {});

function showState(state) {
  if (state.lineup !== screen.dataset.lineup) reloadSoon();
  count(state);
  screen.dataset.status = state.status;
  part("standing").textContent = text(`standing-${state.status}`);
  if (state.results_hidden) screen.dataset.results = "hidden";
}

function showPanorama(panorama) {
  if (draw(part("panorama"), panorama)) screen.dataset.results = "shown";
}

function showConnection(isThere) {
  part("connection").textContent = isThere ? "" : text("connection-lost-brief");
}

// A wall that lies over the programme's picture shows no error: it waits until the paredão is there again.
const on = { state: showState, panorama: showPanorama, connection: showConnection, unknown() {} };
follow(`/api/v1/paredoes/${screen.dataset.slug}`, on, true);
