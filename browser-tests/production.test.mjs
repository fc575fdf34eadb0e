import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { test } from "node:test";

import { command, eventually, inPage, makeDraft, system } from "./browser.mjs";

const signedIn = { locale: "pt-BR", extraHTTPHeaders: { authorization: `Bearer ${system.token}` } };
const address = (production, query = "") => `${production}/paredoes/${system.paredao}${query}`;

/** Votes once, as a script. */
async function vote(participant) {
  const send = async (path, body) => {
    const answer = await fetch(`${system.voters}/api/v1/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    assert.ok(answer.ok, `${path} answered ${answer.status}`);
    return answer.json();
  };
  const paredoes = await (await fetch(`${system.voters}/api/v1/paredoes`)).json();
  const { participants } = paredoes.find(({ slug }) => slug === system.paredao);
  const { ballot } = await send("ballots", { paredao: system.paredao, participant: participants[participant].id });
  await send("votes", { ballot });
}

const figure = (page, name) => page.locator(`[data-figure="${name}"]`);
const total = async (page) => Number((await figure(page, "total").innerText()).replaceAll(".", ""));
/** The table's rows as texts, the newest first. */
const rows = (page) => page.locator("#tabela tbody tr").evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));

/** A way to the production frontend that can break. */
async function way() {
  const { hostname, port } = new URL(system.production);
  const open = new Set();
  const listen = (at) =>
    new Promise((resolve) => {
      const server = createServer((near) => {
        const far = connect(port, hostname);
        for (const [socket, other] of [[near, far], [far, near]]) {
          open.add(socket);
          socket.on("close", () => open.delete(socket) && other.destroy());
          socket.on("error", () => other.destroy());
          socket.pipe(other);
        }
      });
      server.listen(at, "127.0.0.1", () => resolve(server));
    });
  let server = await listen(0);
  const { port: own } = server.address();
  return {
    url: `http://127.0.0.1:${own}`,
    cut: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
    mend: async () => (server = await listen(own)),
  };
}

test("the page follows the votes, and chart and table show the same numbers", async () => {
  await inPage(signedIn, async (page) => {
    await page.goto(address(system.production, "?granularity=minute"));
    const before = await total(page);
    for (const participant of [0, 1, 1]) await vote(participant);
    await eventually("the votes to be shown", async () => (await total(page)) === before + 3);
    const shown = await rows(page);
    const votes = shown.reduce((sum, row) => sum + Number(row.at(-1).replaceAll(".", "")), 0);
    assert.equal(votes, before + 3);
    const shares = await page.locator(".share").allInnerTexts();

    const readout = async () => {
      const [label, ...parts] = (await page.locator(".readout").innerText()).split(" · ");
      return [label, ...parts.map((part) => part.split(" ").at(-1))];
    };
    const told = async (row) => assert.deepEqual(await readout(), (await rows(page)).at(row).slice(0, 4));
    // Under the cursor at the left edge lies the oldest row; without a cursor the newest is told.
    await told(0);
    await page.locator("#grafico .u-over").hover({ position: { x: 1, y: 100 } });
    await eventually("the chart to say what lies under the cursor", async () => told(-1).then(() => true, () => false));

    await page.reload();
    assert.equal(await total(page), before + 3);
    assert.deepEqual(await page.locator(".share").allInnerTexts(), shares, "what the stream showed is what the server renders");
  });
});

test("a page without a connection says so, and follows again once it is back", async () => {
  const road = await way();
  await inPage({ ...signedIn, mayComplain: true }, async (page) => {
    await page.goto(address(road.url));
    const before = await total(page);
    await eventually("the stream to begin", async () => /^há [01] s$/.test(await figure(page, "age").textContent()));
    assert.equal(await page.locator("#aviso").innerText(), "");
    road.cut();
    await eventually("the notice", async () =>
      /^Sem conexão há \d+ s: números de \d\d:\d\d:\d\d\.$/.test(await page.locator("#aviso").innerText()),
    );
    await vote(2);
    await road.mend();
    await eventually("the vote to be shown", async () => (await total(page)) === before + 1);
    await eventually("the notice to go", async () => (await page.locator("#aviso").innerText()) === "");
  });
  road.cut();
});

test("what an open question kept from being renewed is renewed after it", async () => {
  await makeDraft("perguntado");
  await inPage(signedIn, async (page) => {
    await page.goto(`${system.production}/paredoes/perguntado`);
    const status = page.locator("h1 .badge");
    const question = page.locator("summary", { hasText: "Abrir agora" });
    await question.click();
    const asked = page.waitForResponse((answer) => new URL(answer.url()).pathname === "/paredoes/perguntado");
    await command("/api/v1/paredoes/perguntado/open");
    await asked;
    assert.equal(await status.innerText(), "rascunho");
    await question.click();
    await status.filter({ hasText: "aberto" }).waitFor({ timeout: 15_000 });
  });
});

test("without JavaScript the page has the same table, and links and a form to choose", async () => {
  await inPage({ ...signedIn, javaScriptEnabled: false }, async (page) => {
    await page.goto(address(system.production));
    assert.ok((await rows(page)).length > 0);
    await page.getByRole("link", { name: "5 minutos", exact: true }).click();
    assert.equal(new URL(page.url()).searchParams.get("granularity"), "5min");
    assert.match((await rows(page))[0][0], /^\d\d\/\d\d \d\d:\d[05]$/);
    await page.getByLabel("De", { exact: true }).fill("2020-01-01T00:00");
    await page.getByLabel("Até").fill("2020-01-02T00:00");
    await page.getByRole("button", { name: "Mostrar" }).click();
    assert.deepEqual(await rows(page), [["Nenhum voto neste período."]]);
    assert.equal(new URL(page.url()).searchParams.get("granularity"), "5min");
  });
});

test("a lone row stands in the middle of the chart", async () => {
  await inPage(signedIn, async (page) => {
    await page.goto(address(system.production, "?granularity=day"));
    const over = page.locator("#grafico .u-over");
    await over.hover();
    const middle = async (part) => part.boundingBox().then(({ x, width }) => x + width / 2);
    const point = page.locator("#grafico .u-cursor-pt").first();
    assert.equal((await rows(page)).length, 1);
    assert.ok(Math.abs((await middle(point)) - (await middle(over))) < 2);
  });
});

test("in English too, what the stream shows is what the server renders", async () => {
  const english = { ...signedIn, locale: "en-US" };
  await inPage(english, async (page) => {
    await page.goto(address(system.production, "?granularity=minute"));
    const before = await total(page);
    await vote(1);
    await eventually("the vote to be shown", async () => (await total(page)) === before + 1);
    assert.match(await figure(page, "margin").innerText(), /^\d+\.\d\d points ahead$/);
    assert.match(await page.locator("#grafico [role=img]").getAttribute("aria-label"), /^Chart of the votes/);
    assert.match((await rows(page))[0][0], /^[A-Z][a-z]{2} \d{1,2}, \d\d:\d\d$/);
    await eventually("its age", async () => /^\d s ago$/.test(await figure(page, "age").textContent()));
    const server = await page.context().browser().newPage({ ...english, javaScriptEnabled: false });
    await server.goto(page.url());
    const shown = async (page) => [
      await page.locator(".people-totals").innerText(),
      await figure(page, "margin").innerText(),
      await figure(page, "lag-note").innerText(),
      (await rows(page)).at(-1),
    ];
    assert.deepEqual(await shown(page), await shown(server));
  });
});

for (const width of [360, 768, 1440]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`the page fits ${width} px, ${colorScheme}`, async () => {
      await inPage({ ...signedIn, viewport: { width, height: 900 }, colorScheme }, async (page) => {
        await page.goto(address(system.production, "?granularity=minute"));
        await page.locator("#grafico canvas").waitFor();
        const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(beyond <= 0, `${beyond} px too wide`);
        const folder = process.env.SCREENSHOTS;
        if (folder) await page.screenshot({ path: `${folder}/dashboard-${width}-${colorScheme}.png`, fullPage: true });
      });
    });
  }
}
