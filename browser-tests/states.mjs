// Every page of both frontends in every state: where each is, and how one gets there. A new page is one line here; tests
// walk over them all, and so do the screenshots.

import { command, makeDraft, makeParedao, system } from "./browser.mjs";

const MINUTE_MILLIS = 60_000;
const HOUR_MILLIS = 3_600_000;
const LONG_NAMES = [
  "Maria Aparecida dos Santos Albuquerque de Vasconcelos Neta",
  "Zé",
  "Wolfeschlegelsteinhausenbergerdorff",
  ...Array.from({ length: 17 }, (_, index) => `Participante ${index + 4}`),
];

/** A user who hasn't been there yet. */
const NEWCOMER = { name: "novata", password: "senha-de-uma-vez" };

const minuteIn = (millis) => new Date(Math.ceil((Date.now() + millis) / MINUTE_MILLIS) * MINUTE_MILLIS).toISOString();
/** The paredão that the system under test came with is open, and shows percentages always. */
const OPEN = system.paredao;

/** Makes what the states need besides what is there already: `end-to-end/src/stage.rs` tells what. */
export async function makeStage() {
  await makeParedao("agendado", { title: "Quem volta para a casa?", opens_at: minuteIn(26 * HOUR_MILLIS) });
  await makeParedao("depois-do-voto", { visibility: "after_voting", closes_at: minuteIn(2 * HOUR_MILLIS) });
  await makeParedao("depois-do-fim", { visibility: "after_closing", closes_at: minuteIn(HOUR_MILLIS / 4) });
  await makeParedao("no-programa", { visibility: "production" });
  await makeParedao("vinte", { title: `Quem você quer ver ${"fora ".repeat(12)}da casa?` }, LONG_NAMES);
  await makeDraft("rascunho", { title: "Final" });
  await command("/api/v1/users", new Blob([JSON.stringify({ ...NEWCOMER, role: "viewer" })], { type: "application/json" }));
}

const voters = (path) => (page) => page.goto(system.voters + path);
const production = (path) => (page) => page.goto(system.production + path);
/** The page at `path`, once it shows what is at `place`. */
const votersShowing = (path, place) => async (page) => {
  await page.goto(system.voters + path);
  await page.locator(place).first().waitFor();
};

async function choose(page, slug = OPEN) {
  await page.goto(`${system.voters}/paredoes/${slug}`);
  await page.locator("#voting[data-ready=true]").waitFor();
  await page.locator("button.choose").first().click();
}

async function confirm(page, slug) {
  await choose(page, slug);
  await page.locator('altcha-widget [data-state="verified"]').waitFor();
}

async function vote(page, slug) {
  await confirm(page, slug);
  await page.locator("#vote").click();
}

/** Without scripts on the way; there they may run again, for axe is one. */
const withoutJavascript = (go) => async (page) => {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Emulation.setScriptExecutionDisabled", { value: true });
  await go(page);
  await devtools.send("Emulation.setScriptExecutionDisabled", { value: false });
};

async function chooseByForm(page) {
  await page.goto(`${system.voters}/paredoes/${OPEN}`);
  await page.locator("button.choose").first().click();
  await page.locator("#vote").waitFor();
}

const refuse = (page, what) => page.route(what, (route) => route.fulfill({ status: 503, headers: { "retry-after": "60" }, body: "" }));

/**
 * What voters see. `go` leads a page there; with `mayComplain` it can't but complain; `options` are the browser's. A state
 * that `isPictured` is among the screenshots.
 */
export const VOTERS_STATES = [
  { name: "list", go: votersShowing("/", ".badge-open") },
  { name: "scheduled", isPictured: true, go: votersShowing("/paredoes/agendado", "#countdown") },
  { name: "open", isPictured: true, go: votersShowing(`/paredoes/${OPEN}`, "button.choose") },
  { name: "english", go: votersShowing(`/en/paredoes/${OPEN}`, "button.choose") },
  { name: "twenty", go: voters("/paredoes/vinte") },
  {
    name: "no-ballot",
    mayComplain: true,
    async go(page) {
      await refuse(page, "**/api/v1/ballots");
      await choose(page);
      await page.locator("#choose-status[data-state=busy]", { hasText: /\d s/ }).waitFor();
    },
  },
  { name: "confirm", isPictured: true, go: confirm },
  {
    name: "captcha-failed",
    mayComplain: true,
    async go(page) {
      await page.route("**/sha-worker.js", (route) => route.abort());
      await choose(page);
      await page.locator("#vote").click();
      await page.locator("#vote-status[data-state=failed]").waitFor();
    },
  },
  {
    name: "vote-retried",
    mayComplain: true,
    async go(page) {
      await refuse(page, "**/api/v1/votes");
      await vote(page);
      await page.locator("#vote-status[data-state=busy]", { hasText: /\d s/ }).waitFor();
    },
  },
  {
    name: "received",
    isPictured: true,
    async go(page) {
      await vote(page);
      await page.locator("#receipt").waitFor();
    },
  },
  { name: "hidden-until-voted", isPictured: true, go: votersShowing("/paredoes/depois-do-voto", "#results-hidden") },
  { name: "hidden-until-closed", go: votersShowing("/paredoes/depois-do-fim", "#results-hidden") },
  { name: "hidden", go: votersShowing("/paredoes/no-programa", "#results-hidden") },
  {
    name: "lost",
    isPictured: true,
    mayComplain: true,
    async go(page) {
      for (const what of ["**/live", "**/state"]) await page.route(what, (route) => route.abort());
      await page.goto(`${system.voters}/paredoes/${OPEN}`);
      await page.locator("#connection", { hasText: /./ }).waitFor();
    },
  },
  { name: "closed", isPictured: true, go: votersShowing("/paredoes/encerrado", "#panorama .bar") },
  { name: "closed-and-hidden", go: votersShowing("/paredoes/encerrado-sem-resultado", "#results-hidden") },
  { name: "not-found", mayComplain: true, go: voters("/paredoes/nenhum") },
  { name: "explanation", go: voters("/problems/ballot-expired") },
  { name: "without-javascript", go: withoutJavascript((page) => page.goto(`${system.voters}/paredoes/${OPEN}`)) },
  { name: "ballot-without-javascript", go: withoutJavascript(chooseByForm) },
  {
    name: "refused-without-javascript",
    mayComplain: true,
    go: withoutJavascript(async (page) => {
      await chooseByForm(page);
      await page.locator("#vote").click();
      await page.locator("#problem").waitFor();
    }),
  },
  { name: "telao", isPictured: true, go: votersShowing(`/paredoes/${OPEN}/telao`, ".bar-percent") },
  { name: "telao-hidden", go: votersShowing("/paredoes/depois-do-voto/telao", "#soon") },
  { name: "telao-transparent", go: voters(`/paredoes/${OPEN}/telao?fundo=transparente`) },
  { name: "telao-twenty", go: voters("/paredoes/vinte/telao") },
];

async function signIn(page, { name, password }) {
  await page.goto(`${system.production}/entrar`);
  await page.locator("[name=name]").fill(name);
  await page.locator("[name=password]").fill(password);
  await page.locator("main button.primary").click();
}

const signedIn = { extraHTTPHeaders: { authorization: `Bearer ${system.token}` } };

/** A director at the page of the paredão `slug`. */
async function enter(page, name, slug) {
  await signIn(page, { name, password: system.password });
  await page.waitForURL("**/paredoes");
  await page.goto(`${system.production}/paredoes/${slug}`);
}

/** What the production team sees, in the order in which it is walked: what was published stays so. */
export const PRODUCTION_STATES = [
  { name: "sign-in", go: production("/entrar"), options: {} },
  {
    name: "sign-in-refused",
    options: {},
    mayComplain: true,
    async go(page) {
      await signIn(page, { name: "ninguem", password: "errada" });
      await page.locator("[role=alert]").waitFor();
    },
  },
  { name: "paredoes", isPictured: true, go: production("/paredoes") },
  { name: "new", isPictured: true, go: production("/novo") },
  {
    name: "new-refused",
    mayComplain: true,
    async go(page) {
      await page.goto(`${system.production}/novo`);
      await page.locator("[name=title]").fill("Só um");
      await page.locator("[name=participant]").first().fill("Sozinho");
      await page.locator("form.stack button.primary").click();
      await page.locator("[role=alert]").waitFor();
    },
  },
  { name: "draft", go: production("/paredoes/rascunho") },
  { name: "edit", go: production("/paredoes/rascunho/editar") },
  { name: "scheduled", go: production("/paredoes/agendado") },
  { name: "open", isPictured: true, go: production(`/paredoes/${OPEN}?granularity=hour`) },
  { name: "compared", isPictured: true, go: production(`/paredoes/${OPEN}?granularity=hour&with=encerrado`) },
  {
    name: "closing",
    async go(page) {
      await page.goto(`${system.production}/paredoes/${OPEN}`);
      await page.locator("details.confirm summary").first().click();
    },
  },
  {
    name: "stale",
    mayComplain: true,
    async go(page) {
      await page.route("**/live?*", (route) => route.abort());
      await page.goto(`${system.production}/paredoes/${OPEN}`);
      await page.locator("#aviso .alert").waitFor();
    },
  },
  { name: "twenty", go: production("/paredoes/vinte") },
  { name: "closed", go: production("/paredoes/encerrado-sem-resultado") },
  { name: "final", isPictured: true, go: production("/paredoes/encerrado") },
  {
    name: "proposed",
    isPictured: true,
    options: {},
    async go(page) {
      await enter(page, "ana", "encerrado");
      await page.locator("details.confirm summary").click();
      await page.locator('form[action$="/propor"] button').click();
      await page.locator('form[action$="/retirar"]').waitFor();
      // Without a session, the page would go to the sign-in by itself, in the way of the one who goes there.
      await page.goto("about:blank");
      await page.context().clearCookies();
      await enter(page, "bia", "encerrado");
      await page.locator('form[action$="/publicar"]').waitFor();
    },
  },
  {
    name: "published",
    isPictured: true,
    options: {},
    async go(page) {
      await enter(page, "bia", "encerrado");
      await page.locator('form[action$="/publicar"] button').click();
      await page.locator("#publicado").waitFor();
    },
  },
  { name: "printed", isPictured: true, go: production("/paredoes/encerrado/resultado") },
  { name: "pipeline", isPictured: true, go: production("/contagem") },
  {
    name: "pausing",
    async go(page) {
      await page.goto(`${system.production}/contagem`);
      await page.locator('a[href^="/contagem/pausar"]').first().click();
      await page.waitForURL("**/contagem/pausar?*");
    },
  },
  { name: "parked", isPictured: true, go: production("/separados") },
  {
    name: "parked-record",
    async go(page) {
      await page.goto(`${system.production}/separados`);
      await page.locator('a[href^="/separados/"]').first().click();
      await page.waitForURL(/separados\/\d+$/);
    },
  },
  {
    name: "parked-replay",
    async go(page) {
      await page.goto(`${system.production}/separados?reason=too_late`);
      await page.locator("button[name=all]").click();
      await page.locator('[data-count="counted"]').waitFor();
    },
  },
  { name: "reconciliation", go: production("/conferencia") },
  { name: "audit", go: production("/registro") },
  { name: "users", isPictured: true, go: production("/usuarios") },
  {
    name: "user-changing",
    async go(page) {
      await page.goto(`${system.production}/usuarios`);
      await page.locator(".account summary").first().click();
    },
  },
  {
    name: "account",
    options: {},
    async go(page) {
      await signIn(page, NEWCOMER);
      await page.waitForURL("**/conta");
    },
  },
  { name: "not-found", mayComplain: true, go: production("/paredoes/nenhum") },
  {
    name: "english",
    options: { ...signedIn, locale: "en-US" },
    go: production(`/paredoes/${OPEN}`),
  },
  {
    name: "paused",
    async go(page) {
      await page.goto(`${system.production}/contagem`);
      await page.locator('a[href^="/contagem/pausar"]').first().click();
      await page.locator('form[action^="/contagem/pausar"] button').click();
      await page.locator("[data-partition] .badge", { hasText: "pausada" }).first().waitFor();
    },
  },
].map((state) => ({ options: signedIn, ...state }));
