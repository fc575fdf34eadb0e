// Browsers for the tests, and the addresses of the system under test.

import { after } from "node:test";

import { chromium } from "playwright-core";

/** Debian's Chromium; its background services are off, for a test must reach nothing but the system. */
const CHROMIUM = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};

/** The system under test. */
export const system = {
  voters: required("VOTERS_URL"),
  production: required("PRODUCTION_URL"),
  token: required("PRODUCTION_TOKEN"),
  paredao: required("PAREDAO"),
  /** Each director's. */
  password: required("PASSWORD"),
};

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} isn't set: run \`cargo xtask test\``);
  return value;
}

let launched;
/** The browser of this file's tests: a context of its own gives each of them an empty cache and no cookies. */
export const browser = () => (launched ??= chromium.launch(CHROMIUM));
after(async () => (await launched)?.close());

/**
 * Runs `test` with a page of a context of its own; what goes wrong in the page fails the test, and is told by it. With
 * `mayComplain` only what the test itself finds does: a page that loses its server can't but complain.
 */
export async function inPage({ mayComplain = false, ...options }, test) {
  const context = await (await browser()).newContext({ locale: "pt-BR", ...options });
  try {
    const page = await context.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    page.on("response", (response) => response.status() >= 400 && errors.push(`${response.status()} ${response.url()}`));
    await test(page).catch(async (failure) => {
      const shown = await page.locator("body").innerText();
      const told = [failure.message, `The page said: ${shown}`, `It complained: ${errors.join("; ")}`];
      throw new Error(told.join("\n"), { cause: failure });
    });
    if (errors.length > 0 && !mayComplain) throw new Error(`the page complained: ${errors.join("; ")}`);
  } finally {
    await context.close();
  }
}

/** Each participant's exact total in the paredão `slug`, once so many `votes` or more are counted. */
export async function counted(slug = system.paredao, votes = 1) {
  const some = await eventually("the votes to be counted", async () => {
    const now = await totals(slug);
    return now.total >= votes && now;
  });
  return some.participants.map((participant) => participant.total);
}

/** The exact totals, from the production API. */
async function totals(slug) {
  const url = `${system.production}/api/v1/paredoes/${slug}/totals?granularity=hour`;
  const answer = await fetch(url, { headers: { authorization: `Bearer ${system.token}` } });
  if (!answer.ok) throw new Error(`totals answered ${answer.status}`);
  return answer.json();
}

/** Keeps a picture of what `page` shows, where somebody asks for pictures. */
export async function picture(page, name) {
  const folder = process.env.SCREENSHOTS;
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

/** Makes a paredão, told by `fields` of the production API's form, and waits until voters see it. */
export async function makeParedao(slug, fields = {}, participants = ["Ana Beatriz", "Bento"]) {
  await makeDraft(slug, fields, participants);
  if (!fields.opens_at) await command(`/api/v1/paredoes/${slug}/open`);
  await eventually(`voters to see ${slug}`, async () => {
    const paredoes = await (await fetch(`${system.voters}/api/v1/paredoes`)).json();
    return paredoes.some((paredao) => paredao.slug === slug);
  });
}

/** The same, but nobody opens it. */
export async function makeDraft(slug, fields = {}, participants = ["Ana Beatriz", "Bento"]) {
  const form = new FormData();
  for (const [name, value] of Object.entries({ slug, title: "Quem sai?", ...fields })) form.append(name, value);
  for (const name of participants) form.append("participant", name);
  await command("/api/v1/paredoes", form);
}

/** Has production do something. */
export async function command(path, body) {
  const headers = { authorization: `Bearer ${system.token}` };
  const answer = await fetch(system.production + path, { method: "POST", headers, body });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
}

/** Votes for the participant at `place` of the paredão `slug`, as a script does. */
export async function voteAsScript(slug, place) {
  const paredoes = await (await fetch(`${system.voters}/api/v1/paredoes`)).json();
  const { participants } = paredoes.find((paredao) => paredao.slug === slug);
  const { ballot } = await post("/api/v1/ballots", { paredao: slug, participant: participants[place].id });
  await post("/api/v1/votes", { ballot });
}

async function post(path, body) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(system.voters + path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

/** Waits until `look` gives something, for up to `millis`. */
export async function eventually(what, look, millis = 30_000) {
  const deadline = Date.now() + millis;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
