import assert from "node:assert/strict";
import { test } from "node:test";

import { command, inPage, makeParedao, picture, system, voteAsScript } from "./browser.mjs";
import { proxyTo } from "./proxy.mjs";

const PHONE = { viewport: { width: 360, height: 740 } };
const WALL = { viewport: { width: 1920, height: 1080 } };
const MINUTE = 60_000;
/** A revision that no panorama of a test reaches. */
const LATER = 2 ** 52;
/** How long what a server's clock does may take to be seen: a minute, and some seconds. */
const TURN = { timeout: MINUTE + 15_000 };

const percentOf = (page, place) => page.locator("#panorama .bar-percent").nth(place);
/** Waits until all votes are shown to be for the participant at `place`. */
const untilAll = (page, place) => percentOf(page, place).filter({ hasText: "100,00" }).waitFor();

/** Fails when the page was loaded anew since it was marked. */
const mark = (page) => page.evaluate(() => (globalThis.isMarked = true));
const assertMarked = async (page) => assert.equal(await page.evaluate(() => globalThis.isMarked), true, "it was loaded anew");

/** What the server says of the paredão `slug`: its `state` or its `panorama`. */
const asked = async (slug, what) => (await fetch(`${system.voters}/api/v1/paredoes/${slug}/${what}`)).json();

/** Tells `page` by its stream what `events()` gives, each a name and its data, and anew a little later. */
const tell = (page, events) =>
  page.route(/\/live(\/public)?$/, (route) => {
    const body = events().map(([name, data]) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`).join("");
    return route.fulfill({ contentType: "text/event-stream", body: `retry: 200\n\n${body}` });
  });

/** Has production make another of the paredão `slug`. */
async function edit(slug, fields, participants) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  for (const name of participants) form.append("participant", name);
  await command(`/api/v1/paredoes/${slug}/edit`, form);
}

/** Waits for a minute of which there is enough left for something to be seen before the next. */
async function earlyInAMinute() {
  const left = MINUTE - (Date.now() % MINUTE);
  if (left < 20_000) await new Promise((resolve) => setTimeout(resolve, left + 500));
}

test("the numbers change without a reload, on a phone and on the big screen", async () => {
  await inPage(PHONE, (phone) =>
    inPage(WALL, async (wall) => {
      await phone.goto(`${system.voters}/paredoes/${system.paredao}`);
      await wall.goto(`${system.voters}/paredoes/${system.paredao}/telao?fundo=transparente`);
      await Promise.all([mark(phone), mark(wall)]);
      await picture(phone, "open");
      await voteAsScript(system.paredao, 0);
      for (const page of [phone, wall]) {
        await untilAll(page, 0);
        await assertMarked(page);
      }
      const ground = await wall.evaluate(() => getComputedStyle(document.body).backgroundColor);
      assert.equal(ground, "rgba(0, 0, 0, 0)", "the programme's picture is seen through it");
      await picture(wall, "telao");
      await wall.goto(`${system.voters}/paredoes/${system.paredao}/telao`);
      await picture(wall, "telao-opaque");
    }),
  );
});

test("results that are for voters appear with the vote, and not on the big screen", async () => {
  await makeParedao("escondida", { visibility: "after_voting" });
  await inPage(PHONE, async (page) => {
    await page.goto(`${system.voters}/paredoes/escondida`);
    await page.getByText("Os resultados aparecem aqui depois que você votar.").waitFor();
    assert.equal(await page.locator("#panorama").isVisible(), false);
    await picture(page, "hidden");
    await page.locator("button.choose").first().click();
    await picture(page, "confirm");
    await page.locator("#vote").click();
    await page.locator("#receipt").waitFor();
    await untilAll(page, 0);
    await picture(page, "received");
    await page.setViewportSize(WALL.viewport);
    await page.goto(`${system.voters}/paredoes/escondida/telao`);
    await page.getByText("Resultado em breve").waitFor();
    assert.equal(await percentOf(page, 0).isVisible(), false);
    await picture(page, "telao-hidden");
  });
});

test("a lost connection is said, and made up for", async () => {
  await makeParedao("caida");
  const proxy = await proxyTo(system.voters);
  try {
    await inPage({ ...PHONE, mayComplain: true }, async (page) => {
      await page.goto(`${proxy.url}/paredoes/caida`);
      await mark(page);
      await proxy.stop();
      await page.getByText("Sem conexão com o servidor. Tentando de novo…").waitFor();
      await picture(page, "lost");
      await voteAsScript("caida", 1);
      await proxy.start();
      await untilAll(page, 1);
      assert.equal(await page.locator("#connection").innerText(), "");
      await assertMarked(page);
    });
  } finally {
    await proxy.stop();
  }
});

test("where no stream comes the page asks", async () => {
  await makeParedao("sem-fluxo");
  await inPage({ ...PHONE, mayComplain: true }, async (page) => {
    await page.route("**/live", (route) => route.fulfill({ status: 503, body: "" }));
    await page.goto(`${system.voters}/paredoes/sem-fluxo`);
    await voteAsScript("sem-fluxo", 0);
    await untilAll(page, 0);
  });
});

test("where the stream says nothing the page asks", async () => {
  await makeParedao("sem-palavra");
  await inPage(PHONE, async (page) => {
    // The page waits for 40 s: its clock is put forward.
    await page.clock.install();
    // As a proxy does that holds events back: nothing comes, and nothing ends.
    await page.route("**/live", () => {});
    await page.goto(`${system.voters}/paredoes/sem-palavra`);
    await page.locator("#voting[data-ready=true]").waitFor();
    await voteAsScript("sem-palavra", 0);
    await page.clock.fastForward(45_000);
    await untilAll(page, 0);
    assert.equal(await page.locator("#connection").innerText(), "");
  });
});

test("whoever waits for the opening sees what is changed before it, and when it is taken back", async () => {
  const opensAt = new Date(Math.ceil(Date.now() / MINUTE) * MINUTE + 60 * MINUTE).toISOString();
  await makeParedao("espera", { opens_at: opensAt });
  await inPage({ ...PHONE, mayComplain: true }, (phone) =>
    inPage({ ...WALL, mayComplain: true }, async (wall) => {
      await phone.goto(`${system.voters}/paredoes/espera`);
      await wall.goto(`${system.voters}/paredoes/espera/telao`);
      for (const page of [phone, wall]) await page.locator("#countdown", { hasText: "Abre em" }).waitFor();
      await edit("espera", { title: "Quem volta?", opens_at: opensAt }, ["Ana Beatriz", "Carla"]);
      for (const page of [phone, wall]) {
        await page.getByRole("heading", { name: "Quem volta?" }).waitFor();
        await page.getByRole("heading", { name: "Carla" }).waitFor();
      }
      await command("/api/v1/paredoes/espera/unschedule");
      await phone.getByText("Este paredão não existe.").waitFor();
      await edit("espera", { title: "Quem fica?", opens_at: opensAt }, ["Ana Beatriz", "Carla"]);
      await wall.getByRole("heading", { name: "Quem fica?" }).waitFor();
      assert.equal(await wall.locator("#connection").innerText(), "");
    }),
  );
});

test("whoever confirms while it closes hears that the ballot is still good", async () => {
  await makeParedao("fechando");
  await inPage(PHONE, async (page) => {
    const state = await asked("fechando", "state");
    let status = "open";
    await tell(page, () => [["state", { ...state, status }]]);
    await page.goto(`${system.voters}/paredoes/fechando`);
    await page.locator("button.choose").first().click();
    await page.locator("#confirm").waitFor();
    status = "closed";
    await page.locator("#spoken-time", { hasText: "Esta cédula ainda vale por alguns instantes" }).waitFor({ state: "attached" });
    await page.locator("#cancel").click();
    await page.locator("#closed").waitFor();
  });
});

test("the big screen shows no numbers before the opening, whoever may see them", async () => {
  await makeParedao("parede", { opens_at: new Date(Math.ceil(Date.now() / MINUTE) * MINUTE + 60 * MINUTE).toISOString() });
  await inPage(WALL, async (wall) => {
    const [state, panorama] = await Promise.all([asked("parede", "state"), asked("parede", "panorama")]);
    let status = "scheduled";
    await tell(wall, () => [["panorama", panorama], ["state", { ...state, status }]]);
    await wall.goto(`${system.voters}/paredoes/parede/telao`);
    await wall.locator("#countdown", { hasText: "Abre em" }).waitFor();
    assert.equal(await wall.locator("#soon").isVisible(), true);
    assert.equal(await percentOf(wall, 0).isVisible(), false);
    status = "open";
    await percentOf(wall, 0).filter({ hasText: "0,00" }).waitFor();
    assert.equal(await wall.locator("#soon").isVisible(), false);
  });
});

test("what comes too late is neither shown nor spoken", async () => {
  await makeParedao("atrasada");
  await inPage(PHONE, async (page) => {
    const [state, panorama] = await Promise.all([asked("atrasada", "state"), asked("atrasada", "panorama")]);
    const ofRevision = (revision, percents) => {
      const participants = panorama.participants.map((one, place) => ({ ...one, percent: percents[place] }));
      return ["panorama", { ...panorama, revision, participants }];
    };
    const last = ["state", { ...state, closes_at: new Date(Math.ceil(Date.now() / MINUTE) * MINUTE + 60 * MINUTE).toISOString() }];
    await tell(page, () => [["state", state], ofRevision(LATER + 1, [60, 40]), ofRevision(LATER, [10, 90]), last]);
    // A sentence waits for 10 s after another: the page's clock is put forward.
    await page.clock.install();
    await page.goto(`${system.voters}/paredoes/atrasada`);
    await page.locator("#closing").waitFor();
    await page.clock.fastForward(11_000);
    assert.match(await percentOf(page, 0).innerText(), /^60,00/);
    assert.match(await page.locator("#spoken-panorama").textContent(), /^Ana Beatriz 60/);
  });
});

test("opening and closing arrive without a reload", { timeout: 4 * MINUTE }, async () => {
  await makeParedao("fecha", { visibility: "after_closing" });
  await earlyInAMinute();
  const nextMinute = new Date(Math.ceil(Date.now() / MINUTE) * MINUTE).toISOString();
  await makeParedao("abre", { opens_at: nextMinute });
  await inPage(PHONE, (closing) =>
    inPage(PHONE, async (opening) => {
      await closing.goto(`${system.voters}/paredoes/fecha`);
      await opening.goto(`${system.voters}/paredoes/abre`);
      await Promise.all([mark(closing), mark(opening)]);
      await opening.locator("#countdown", { hasText: "Abre em" }).waitFor();
      assert.equal(await opening.locator("button.choose").first().isVisible(), false);
      await picture(opening, "scheduled");
      assert.equal(await closing.locator("#countdown").isVisible(), false, "nobody has said when it closes");
      await voteAsScript("fecha", 1);
      await command("/api/v1/paredoes/fecha/close");
      await closing.locator("#countdown", { hasText: "Fecha em" }).waitFor();
      await closing.locator("#closing").waitFor();
      await picture(closing, "closing");

      await closing.locator("#closed").waitFor(TURN);
      assert.equal(await closing.locator("#open").isVisible(), false, "nobody is asked to vote any more");
      assert.equal(await closing.locator("button.choose").first().isVisible(), false);
      await untilAll(closing, 1);
      await picture(closing, "closed");
      await opening.locator("button.choose").first().waitFor(TURN);
      await Promise.all([assertMarked(closing), assertMarked(opening)]);
      await opening.locator("button.choose").first().click();
      await opening.locator("#vote").click();
      await opening.locator("#receipt").waitFor();
    }),
  );
});
