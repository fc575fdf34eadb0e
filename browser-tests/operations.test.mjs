import assert from "node:assert/strict";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { eventually, inPage, makeDraft, picture, system, voteAsScript } from "./browser.mjs";
import { proxyTo } from "./proxy.mjs";

const signedIn = { extraHTTPHeaders: { authorization: `Bearer ${system.token}` }, locale: "pt-BR" };
const at = (path, production = system.production) => production + path;

const figure = async (page, name) => Number((await page.locator(`[data-figure="${name}"]`).innerText()).replaceAll(".", ""));
const badges = (page) => page.locator("[data-partition] .badge").allInnerTexts();
const areAll = async (page, state) => {
  const shown = await badges(page);
  return shown.length > 0 && shown.every((badge) => badge === state);
};

/** Fails when the page was loaded anew since it was marked. */
const mark = (page) => page.evaluate(() => (globalThis.isMarked = true));
const assertMarked = async (page) => assert.equal(await page.evaluate(() => globalThis.isMarked), true, "it was loaded anew");

test("the count is paused and resumed, and whoever watches sees it without a reload", async () => {
  await inPage(signedIn, (watching) =>
    inPage(signedIn, async (steering) => {
      await watching.goto(at("/contagem"));
      await mark(watching);
      await eventually("all partitions to be counted", () => areAll(watching, "contando"));
      await steering.goto(at("/contagem"));
      await steering.getByRole("link", { name: "Pausar todas…" }).click();
      assert.match(await steering.locator("main").innerText(), /nenhum é contado: totais e porcentagens ficam parados/);
      await picture(steering, "contagem-pausar");
      await steering.getByRole("button", { name: "Sim, pausar" }).click();
      await eventually("the pause to be shown", () => areAll(watching, "pausada"));
      await watching.getByText(/A contagem de .* está pausada/).waitFor();
      await picture(watching, "contagem-pausada");

      await voteAsScript(system.paredao, 0);
      await eventually("the vote to wait", async () => (await figure(watching, "records")) === 1);
      await steering.getByRole("link", { name: "Retomar todas…" }).click();
      assert.match(await steering.locator("main").innerText(), /Agora espera 1 voto\./);
      await steering.getByRole("button", { name: "Sim, retomar" }).click();
      await eventually("the vote to be counted", async () => (await figure(watching, "records")) === 0);
      await eventually("all partitions to be counted again", () => areAll(watching, "contando"));
      await assertMarked(watching);
    }),
  );
});

test("one partition is paused by keyboard, and the focus isn't lost when the page renews itself", async () => {
  await inPage(signedIn, async (page) => {
    await page.goto(at("/contagem"));
    await eventually("all partitions to be counted", () => areAll(page, "contando"));
    await page.getByRole("link", { name: "Pausar a partição 0?" }).press("Enter");
    await page.getByRole("button", { name: "Sim, pausar" }).press("Enter");
    await page.waitForURL("**/contagem");
    const resume = page.getByRole("link", { name: "Retomar a partição 0?" });
    await resume.focus();
    await page.locator('[data-partition$="/0"] .badge', { hasText: "pausada" }).waitFor();
    assert.ok(await resume.evaluate((link) => link === document.activeElement));
    await resume.press("Enter");
    await page.getByRole("button", { name: "Sim, retomar" }).press("Enter");
    await eventually("all partitions to be counted again", () => areAll(page, "contando"));
  });
});

test("a page of the count without a connection says so, and follows again once it is back", async () => {
  const road = await proxyTo(system.production);
  try {
    await inPage({ ...signedIn, mayComplain: true }, async (page) => {
      await page.goto(at("/contagem", road.url));
      await eventually("all partitions to be counted", () => areAll(page, "contando"));
      assert.equal(await page.locator("#aviso").innerText(), "");
      await road.stop();
      await eventually("the notice", async () =>
        /^Sem conexão há \d+ s: números de \d\d:\d\d:\d\d\.$/.test(await page.locator("#aviso").innerText()),
      );
      await picture(page, "contagem-sem-conexao");
      await road.start();
      await eventually("the notice to go", async () => (await page.locator("#aviso").innerText()) === "");
    });
  } finally {
    await road.stop();
  }
});

/** The number of the late vote that was put into the topic, once it is parked. */
const parked = () =>
  eventually("the late vote to be parked", async () => {
    const headers = signedIn.extraHTTPHeaders;
    const answer = await (await fetch(at("/api/v1/dead-letters?reason=too_late&replayed=false"), { headers })).json();
    return answer.items[0]?.id;
  });

const total = async () => {
  const headers = signedIn.extraHTTPHeaders;
  return (await (await fetch(at(`/api/v1/paredoes/${system.paredao}/totals?granularity=hour`), { headers })).json()).total;
};

test("a parked vote is tried, confirmed and counted, without JavaScript until the result", async () => {
  const id = await parked();
  await inPage({ ...signedIn, javaScriptEnabled: false }, async (page) => {
    await page.goto(at("/separados"));
    await page.getByRole("link", { name: /chegou tarde/ }).click();
    assert.equal(new URL(page.url()).searchParams.get("reason"), "too_late");
    await page.locator(`a[href="/separados/${id}"]`).click();
    assert.match(await page.locator("main").innerText(), /O voto chegou depois do prazo da sua cédula/);
    await picture(page, "separado");
    await page.goBack();
    await page.getByLabel(`Escolher a mensagem ${id}`).check();
    await page.getByRole("button", { name: "Simular as escolhidas" }).click();
    await eventually("the dry run", async () => {
      if (await page.getByText("Seriam contados").isVisible()) return true;
      await page.getByRole("link", { name: "Ver de novo" }).click();
      return false;
    });
    assert.equal(await page.locator('[data-count="counted"]').innerText(), "1");
    await picture(page, "separados-simulacao");
    const before = await total();
    await page.getByRole("button", { name: "Sim, contar 1 voto" }).click();
    await eventually("the replay", async () => {
      if (await page.getByText("Contados agora").isVisible()) return true;
      await page.getByRole("link", { name: "Ver de novo" }).click();
      return false;
    });
    assert.equal(await page.locator('[data-count="counted"]').innerText(), "1");
    assert.equal(await total(), before + 1);
    await page.goto(at(`/separados/${id}`));
    assert.match(await page.locator("main").innerText(), /este voto já foi contado/);
  });
  // Again it counts nothing: the dry run says so, and offers nothing to confirm.
  await inPage(signedIn, async (page) => {
    await page.goto(at("/separados?reason=too_late"));
    assert.equal(await page.locator(`input[value="${id}"]`).count(), 0);
    await picture(page, "separados");
    await page.getByRole("button", { name: "Simular todas deste motivo" }).click();
    await page.getByText("Não havia nenhuma mensagem a ver.").waitFor();
    assert.equal(await page.getByRole("button", { name: /Sim, contar/ }).count(), 0);
  });
});

/** A picture twice as wide as high: red, and blue on its right half. */
const redAndBlue = (page) =>
  page.evaluate(async () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [200, 100];
    const pen = canvas.getContext("2d");
    for (const [colour, x] of [["#f00", 0], ["#00f", 100]]) {
      pen.fillStyle = colour;
      pen.fillRect(x, 0, 100, 100);
    }
    const blob = await new Promise((resolve) => canvas.toBlob(resolve));
    return [...new Uint8Array(await blob.arrayBuffer())];
  });

/** What is drawn at the left and at the right edge, halfway up: `red` or `blue`. */
const edges = (canvas) =>
  canvas.evaluate((element) => {
    const colour = (x) => {
      const [red, , blue] = element.getContext("2d").getImageData(x, element.height / 2, 1, 1).data;
      return red > blue ? "red" : "blue";
    };
    return [colour(5), colour(element.width - 6)];
  });

test("a picture is cut by pointer, keyboard and sliders, and what is seen is what is made", async () => {
  await inPage({ ...signedIn, mayComplain: true, viewport: { width: 360, height: 800 } }, async (page) => {
    await page.goto(at("/novo"));
    const bytes = Buffer.from(await redAndBlue(page));
    const photo = page.locator("#photo-0");
    await photo.setInputFiles({ name: "nada.png", mimeType: "image/png", buffer: Buffer.from("nada") });
    await page.locator("#photo-0-erro", { hasText: "não é um JPEG" }).waitFor();
    // A file that is there: only such a one is still chosen after going back.
    const file = join(await mkdtemp(join(tmpdir(), "foto-")), "duas.png");
    await writeFile(file, bytes);
    await photo.setInputFiles(file);
    const canvas = page.locator(".crop canvas");
    await canvas.waitFor();
    assert.equal(await page.locator("#photo-0-erro").innerText(), "");
    assert.deepEqual(await edges(canvas), ["red", "blue"], "at first the middle");

    await canvas.scrollIntoViewIfNeeded();
    const { x, y, width } = await canvas.boundingBox();
    await page.mouse.move(x + width * 0.2, y + width / 2);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.8, y + width / 2, { steps: 5 });
    await page.mouse.up();
    assert.deepEqual(await edges(canvas), ["red", "red"], "dragged to the right, its left half is seen");
    await canvas.focus();
    for (let step = 0; step < 20; step += 1) await page.keyboard.press("ArrowRight");
    assert.deepEqual(await edges(canvas), ["blue", "blue"]);
    const slider = page.getByLabel("Esquerda e direita");
    assert.equal(await slider.inputValue(), "100");
    await slider.focus();
    await page.keyboard.press("Home");
    assert.deepEqual(await edges(canvas), ["red", "red"]);
    await slider.press("End");
    await page.getByLabel("Aproximação").fill("200");
    assert.deepEqual(await edges(canvas), ["blue", "blue"]);
    await picture(page, "novo-recorte");

    // Refused, nothing that was typed or chosen is lost.
    await page.getByLabel("Título").fill("Quem sai do recorte?");
    assert.equal(await page.getByLabel("Endereço").inputValue(), "quem-sai-do-recorte");
    await page.locator("#participant-0").fill("Ana");
    await page.locator("#participant-1").fill("ana");
    await page.getByRole("button", { name: "Criar paredão" }).click();
    await page.locator("#participant-1-erro", { hasText: "aparece duas vezes" }).waitFor();
    assert.ok(await page.locator("#participant-1").evaluate((input) => input === document.activeElement));
    assert.match(await page.locator("#recusa").innerText(), /há um campo a corrigir\.$/);
    await picture(page, "novo-recusado");
    await page.locator("#participant-1").fill("Bia");
    // Nothing is sent with a picture that isn't one.
    await page.locator("#photo-1").setInputFiles({ name: "vazia.png", mimeType: "image/png", buffer: Buffer.alloc(0) });
    await page.locator("#photo-1-erro", { hasText: "não é um JPEG" }).waitFor();
    await page.getByRole("button", { name: "Criar paredão" }).click();
    await page.locator("#recusa", { hasText: "não é um JPEG" }).waitFor();
    await page.locator("#photo-1").setInputFiles([]);
    // Whoever leaves is asked.
    const leave = page.getByRole("link", { name: "Paredões", exact: true }).click({ noWaitAfter: true });
    const question = await page.waitForEvent("dialog");
    assert.equal(question.type(), "beforeunload");
    await question.dismiss();
    await leave;
    // Nor where nobody is signed in any more.
    await page.route("**/paredoes", (route) => {
      const { authorization, ...headers } = route.request().headers();
      assert.ok(authorization);
      return route.continue({ headers });
    }, { times: 1 });
    await page.getByRole("button", { name: "Criar paredão" }).click();
    await page.locator("#recusa", { hasText: "Entre de novo em outra aba" }).waitFor();
    assert.equal(await page.locator("#participant-1").inputValue(), "Bia");
    await page.getByRole("button", { name: "Criar paredão" }).click();
    await page.waitForURL("**/paredoes/quem-sai-do-recorte");

    const made = await page.evaluate(async () => {
      const [paredao] = (await (await fetch("/api/v1/paredoes")).json()).filter(({ slug }) => slug === "quem-sai-do-recorte");
      const bitmap = await createImageBitmap(await (await fetch(paredao.participants[0].photo_url)).blob());
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
      canvas.getContext("2d").drawImage(bitmap, 0, 0);
      const [red, , blue] = canvas.getContext("2d").getImageData(bitmap.width / 2, bitmap.height / 2, 1, 1).data;
      return { size: [bitmap.width, bitmap.height], isBlue: blue > red };
    });
    assert.deepEqual(made, { size: [50, 50], isBlue: true });
    await page.goBack();
    await page.locator(".preview canvas").waitFor();
  });
});

test("a picture is cut where a paredão is changed too, and the former one comes back", async () => {
  await makeDraft("recortado");
  await inPage({ ...signedIn, viewport: { width: 360, height: 800 } }, async (page) => {
    const edit = at("/paredoes/recortado/editar");
    await page.goto(edit);
    const file = { name: "duas.png", mimeType: "image/png", buffer: Buffer.from(await redAndBlue(page)) };
    await page.locator("#photo-0").setInputFiles(file);
    await page.locator(".crop canvas").waitFor();
    await page.getByRole("button", { name: "Mais um participante" }).click();
    await page.locator("#participant-3").fill("Caio");
    await page.getByRole("button", { name: "Salvar" }).click();
    await page.waitForURL("**/paredoes/recortado");

    await page.goto(edit);
    assert.equal(await page.locator("#participant-2").inputValue(), "Caio");
    const former = page.locator(".preview img");
    await former.waitFor();
    await page.locator("#photo-0").setInputFiles(file);
    await page.locator(".preview canvas").waitFor();
    assert.equal(await former.isVisible(), false);
    await page.locator("#photo-0").setInputFiles([]);
    await former.waitFor();
  });
});
