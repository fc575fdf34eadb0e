// Votes within one page, through the API. Without this script the same forms lead through pages.

import { captcha, inTime, Unsolved } from "./captcha.js";
import { part, say } from "./dom.js";
import { explain, persist, post, Refused, retryEnd } from "./request.js";
import { text } from "./texts.js";

/** Lets the page's forms vote in the paredão `slug`; `onVoted` is told of each vote that was received. */
export function startVoting(slug, onVoted) {
  const sections = ["choose", "confirm", "received"].map(part);
  /** The vote under way: its ballot, until when that is cast, its captcha, and the pass that takes the captcha's place. */
  let current;

  /** Shows one section, and takes the focus there. */
  function show(section) {
    for (const other of sections) other.hidden = other !== section;
    section.querySelector("h1").focus();
  }

  function forget() {
    current = undefined;
    part("captcha").replaceChildren();
  }

  function chooseAgain() {
    forget();
    show(part("choose"));
  }

  async function choose(button) {
    const buttons = document.querySelectorAll("button.choose");
    for (const each of buttons) enable(each, false);
    say("choose-status", text("preparing-ballot"), "busy");
    try {
      const wish = { paredao: slug, participant: Number(button.dataset.participant) };
      const ballot = await persist(
        () => post("/api/v1/ballots", wish),
        (seconds) => say("choose-status", text("retrying-ballot", { seconds }), "busy"),
        retryEnd(),
      );
      current = { token: ballot.ballot, castEnd: retryEnd(), name: button.dataset.name };
      current.captcha = captcha(part("captcha"), ballot.captcha);
      part("chosen").textContent = current.name;
      showPhoto(button.closest("form").querySelector("img"));
      enable(part("vote"), true);
      enable(part("cancel"), true);
      say("choose-status", "");
      say("vote-status", "");
      enterHistory();
      show(part("confirm"));
    } catch (failure) {
      say("choose-status", explain(failure), "failed");
    } finally {
      for (const each of buttons) enable(each, true);
    }
  }

  async function cast() {
    const vote = current;
    enable(part("vote"), false);
    try {
      if (!vote.pass) say("vote-status", text("waiting-for-captcha"), "busy");
      const answer = vote.pass ?? (await inTime(vote.captcha.answer()));
      if (vote !== current) return;
      enable(part("cancel"), false);
      receive(vote, await send(vote, answer));
    } catch (failure) {
      if (vote === current) fail(vote, failure);
    }
  }

  function receive(vote, receipt) {
    part("voted").textContent = vote.name;
    part("receipt").textContent = receipt.receipt;
    show(part("received"));
    forget();
    onVoted();
  }

  for (const form of document.querySelectorAll("form.choice")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const button = form.querySelector("button.choose");
      if (isEnabled(button)) choose(button);
    });
  }
  // The widget is a required field of the form: without this, a vote before it is verified would be refused by the browser.
  part("vote-form").noValidate = true;
  part("vote-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (isEnabled(part("vote"))) cast();
  });
  for (const id of ["cancel", "again"]) {
    part(id).addEventListener("click", () => {
      if (!isEnabled(part(id))) return;
      chooseAgain();
    });
  }
  // The phone's Back leads to the choice, not out of the paredão. A link within the page comes here too, without a state.
  addEventListener("popstate", ({ state }) => {
    if (state !== CHOOSING) return;
    // A vote that is being sent can't be taken back.
    if (!isEnabled(part("cancel")) && !part("confirm").hidden) history.pushState(CHOSEN, "");
    else chooseAgain();
  });
}

/** What the browser's history says of an entry. */
const CHOOSING = "choosing";
const CHOSEN = "chosen";

/** One entry for all votes: whoever leaves after twenty of them needn't go back twenty times. */
function enterHistory() {
  if (history.state === CHOSEN) return;
  history.replaceState(CHOOSING, "");
  history.pushState(CHOSEN, "");
}

/** Not by `disabled`: a button that is loses the focus, and whoever votes by keyboard their place. */
const enable = (button, isOn) => button.setAttribute("aria-disabled", !isOn);
const isEnabled = (button) => button.getAttribute("aria-disabled") !== "true";

/** The picture of whom the voter chose, if there is one. */
function showPhoto(photo) {
  const place = part("chosen-photo");
  place.hidden = !photo;
  if (photo) place.src = photo.src;
}

/** The same ballot every time, and its pass instead of the captcha once there is one: it counts once. */
function send(vote, answer) {
  const attempt = async () => {
    say("vote-status", text("sending-vote"), "busy");
    try {
      return await post("/api/v1/votes", { ballot: vote.token, captcha: vote.pass ?? answer });
    } catch (failure) {
      vote.pass = failure.pass ?? vote.pass;
      // No answer came, or one that leaves it open.
      if (!(failure instanceof Refused) || failure.mayBeDone) vote.mayBeStored = true;
      throw failure;
    }
  };
  const onPause = (seconds) => say("vote-status", text("retrying-vote", { seconds }), "busy");
  return persist(attempt, onPause, vote.castEnd);
}

function fail(vote, failure) {
  const why = explain(failure);
  const said = vote.mayBeStored ? text("vote-unconfirmed", { why }) : text("vote-failed", { why });
  say("vote-status", said, "failed");
  enable(part("cancel"), true);
  const isCaptchas = failure instanceof Unsolved || /\/captcha-(failed|already-seen)$/.test(failure.type ?? "");
  const isOver = failure instanceof Refused && !failure.passes && !isCaptchas;
  enable(part("vote"), !isOver);
  if (isCaptchas) {
    vote.pass = undefined;
    vote.captcha.again();
  }
}
