// Votes within one page, through the API. Without this script the same forms lead through pages.

/** How long a refused or unanswered vote is tried again: a ballot lives 180 s. */
const RETRY_MILLIS_MAX = 170_000;
/** How long a captcha may take: a slow phone solves it in some seconds, and a person's takes longer. */
const SOLVE_MILLIS_MAX = 60_000;
/** How long one request may take. */
const REQUEST_MILLIS_MAX = 15_000;
/** The longest pause between two tries. */
const PAUSE_MILLIS_MAX = 15_000;
/** How often, and how many times, a voter's page looks how the voting stands after a vote. */
const PANORAMA_PAUSE_MILLIS = 1_000;
const PANORAMA_LOOKS_MAX = 30;

const voting = document.getElementById("voting");
const slug = voting.dataset.slug;
const part = (id) => document.getElementById(id);
const sections = ["choose", "confirm", "received"].map(part);

/** What the server said against a request. */
class Refused extends Error {
  constructor(status, problem, retryAfterMillis) {
    super(problem.detail ?? "Algo deu errado do nosso lado.");
    this.type = problem.type ?? "";
    this.pass = problem.pass;
    this.retryAfterMillis = retryAfterMillis;
    this.passes = status === 429 || status >= 500;
  }
}

/** The captcha's widget failed, or didn't come to an end. */
class Unsolved extends Error {
  constructor() {
    super("A verificação não terminou. Tente de novo ou recarregue a página.");
  }
}

/** One request; throws `Refused`, or whatever `fetch` throws when there is no answer. */
async function request(path, body) {
  const options = { signal: AbortSignal.timeout(REQUEST_MILLIS_MAX) };
  if (body) {
    Object.assign(options, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  }
  const response = await fetch(path, options);
  if (response.ok) return response.json();
  const problem = await response.json().catch(() => ({}));
  const retryAfter = Number(response.headers.get("retry-after"));
  throw new Refused(response.status, problem, retryAfter > 0 ? retryAfter * 1000 : undefined);
}

/** A promise that is resolved from outside. */
function deferred() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  // Nobody may be waiting yet.
  made.promise.catch(() => {});
  return made;
}

/** The captcha's answer, unless the widget never gives one: its script may be blocked. */
function inTime(answer) {
  const late = async () => {
    await sleep(SOLVE_MILLIS_MAX);
    throw new Unsolved();
  };
  return Promise.race([answer, late()]);
}

const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

/** Repeats `attempt` while its failure passes and time is left; `onPause(seconds)` is told of each pause. */
async function persist(attempt, onPause) {
  const start = performance.now();
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt();
    } catch (failure) {
      if (failure instanceof Refused && !failure.passes) throw failure;
      const backoff = Math.min(1000 * 2 ** tries, PAUSE_MILLIS_MAX);
      // Not everyone at the same moment.
      const pause = Math.max(failure.retryAfterMillis ?? 0, backoff) * (1 + Math.random() / 2);
      if (performance.now() - start + pause > RETRY_MILLIS_MAX) throw failure;
      onPause(Math.ceil(pause / 1000));
      await sleep(pause);
    }
  }
}

const explain = (failure) =>
  failure instanceof Refused || failure instanceof Unsolved ? failure.message : "Não conseguimos falar com o servidor. Confira a sua conexão.";

function say(id, text, state = "") {
  const status = part(id);
  status.textContent = text;
  status.dataset.state = state;
}

/** Shows one section, and takes the focus there. */
function show(section) {
  for (const other of sections) other.hidden = other !== section;
  section.querySelector("h1").focus();
}

/** The captcha of a ballot: `answer()` waits for the voter's, `again()` asks for a new one. */
function captcha(challenge) {
  const place = part("captcha");
  place.replaceChildren();
  if (challenge.provider === "altcha") return altcha(place, challenge.challenge);
  if (challenge.provider === "hcaptcha") return hcaptcha(place, challenge.site_key);
  return { answer: async () => "", again() {} };
}

function altcha(place, challenge) {
  const widget = document.createElement("altcha-widget");
  let answer = deferred();
  widget.addEventListener("statechange", ({ detail }) => {
    if (detail.state === "verified") answer.resolve(detail.payload);
    if (detail.state === "error") answer.reject(new Unsolved());
  });
  widget.setAttribute("challenge", JSON.stringify(challenge));
  widget.setAttribute("auto", "onload");
  place.append(widget);
  return {
    answer: () => answer.promise,
    again() {
      answer = deferred();
      widget.reset?.();
      widget.verify?.();
    },
  };
}

function hcaptcha(place, siteKey) {
  let answer = deferred();
  const widget = globalThis.hcaptcha.render(place.appendChild(document.createElement("div")), {
    sitekey: siteKey,
    callback: (token) => answer.resolve(token),
  });
  return {
    answer: () => answer.promise,
    again() {
      answer = deferred();
      globalThis.hcaptcha.reset(widget);
    },
  };
}

/** The vote under way: its ballot, its captcha, and the pass that takes the captcha's place. */
let current;

async function choose(button) {
  const buttons = document.querySelectorAll("button.choose");
  for (const each of buttons) each.disabled = true;
  say("choose-status", "Preparando a sua cédula…", "busy");
  try {
    const wish = { paredao: slug, participant: Number(button.dataset.participant) };
    const ballot = await persist(
      () => request("/api/v1/ballots", wish),
      (seconds) => say("choose-status", `Ainda não deu. Tentando de novo em ${seconds} s…`, "busy"),
    );
    current = { token: ballot.ballot, name: button.dataset.name, captcha: captcha(ballot.captcha), sending: false };
    part("chosen").textContent = current.name;
    showPhoto(button.closest("form").querySelector("img"));
    part("vote").disabled = false;
    part("cancel").disabled = false;
    say("choose-status", "");
    say("vote-status", "");
    show(part("confirm"));
  } catch (failure) {
    say("choose-status", explain(failure), "failed");
  } finally {
    for (const each of buttons) each.disabled = false;
  }
}

/** The picture of whom the voter chose, if there is one. */
function showPhoto(photo) {
  const place = part("chosen-photo");
  place.hidden = !photo;
  if (photo) place.src = photo.src;
}

async function cast() {
  const vote = current;
  if (vote.sending) return;
  vote.sending = true;
  part("vote").disabled = true;
  try {
    if (!vote.pass) say("vote-status", "Esperando a verificação de que você é uma pessoa…", "busy");
    const answer = vote.pass ?? (await inTime(vote.captcha.answer()));
    if (vote !== current) return;
    say("vote-status", "Enviando o seu voto…", "busy");
    part("cancel").disabled = true;
    receive(vote, await send(vote, answer));
  } catch (failure) {
    if (vote === current) fail(vote, failure);
  } finally {
    vote.sending = false;
  }
}

/** The same ballot every time, and its pass instead of the captcha once there is one: it counts once. */
function send(vote, answer) {
  const attempt = async () => {
    say("vote-status", "Enviando o seu voto…", "busy");
    try {
      return await request("/api/v1/votes", { ballot: vote.token, captcha: vote.pass ?? answer });
    } catch (failure) {
      vote.pass = failure.pass ?? vote.pass;
      throw failure;
    }
  };
  const onPause = (seconds) =>
    say("vote-status", `Seu voto ainda não foi recebido. Tentando de novo em ${seconds} s…`, "busy");
  return persist(attempt, onPause);
}

function fail(vote, failure) {
  say("vote-status", `Seu voto não foi recebido. ${explain(failure)}`, "failed");
  part("cancel").disabled = false;
  const isCaptchas = failure instanceof Unsolved || /\/captcha-(failed|already-seen)$/.test(failure.type ?? "");
  const isOver = failure instanceof Refused && !failure.passes && !isCaptchas;
  part("vote").disabled = isOver;
  if (isCaptchas) {
    vote.pass = undefined;
    vote.captcha.again();
  }
}

function receive(vote, receipt) {
  part("voted").textContent = vote.name;
  part("receipt").textContent = receipt.receipt;
  show(part("received"));
  current = undefined;
  part("captcha").replaceChildren();
  watchPanorama();
}

/** Keeps the bars fresh for a while, until the voter moves on. */
async function watchPanorama() {
  for (let looks = 0; looks < PANORAMA_LOOKS_MAX && !part("received").hidden; looks += 1) {
    if (!document.hidden) await refreshPanorama();
    await sleep(PANORAMA_PAUSE_MILLIS);
  }
}

/** How the voting stands; the bars stay as they are when that can't be told. */
async function refreshPanorama() {
  const panorama = await request(`/api/v1/paredoes/${slug}/panorama`).catch(() => undefined);
  if (!panorama || panorama.revision < Number(part("panorama").dataset.revision)) return;
  part("panorama").dataset.revision = panorama.revision;
  for (const { id, percent } of panorama.participants) {
    const bar = part("panorama").querySelector(`[data-participant="${id}"]`);
    if (!bar) continue;
    bar.querySelector(".bar-line").value = percent;
    bar.querySelector(".bar-percent").textContent = `${percent.toFixed(2).replace(".", ",")}\u00a0%`;
  }
}

for (const form of document.querySelectorAll("form.choice")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    choose(form.querySelector("button.choose"));
  });
}
// The widget is a required field of the form: without this, a vote before it is verified would be refused by the browser.
part("vote-form").noValidate = true;
part("vote-form").addEventListener("submit", (event) => {
  event.preventDefault();
  cast();
});
for (const id of ["cancel", "again"]) {
  part(id).addEventListener("click", () => {
    current = undefined;
    part("captcha").replaceChildren();
    show(part("choose"));
  });
}
voting.dataset.ready = "true";
