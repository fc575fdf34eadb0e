import assert from "node:assert/strict";
import { test } from "node:test";

import { counted, inPage, makeParedao, system } from "./browser.mjs";

const PHONE = { viewport: { width: 360, height: 740 } };
const KEYS_MAX = 30;

/** Where the keyboard is, and whether one sees it. */
const focus = (page) =>
  page.evaluate(() => {
    const element = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    const { left, top, right, bottom } = element.getBoundingClientRect();
    const inMiddle = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return {
      id: element.id,
      tag: element.tagName,
      isChoice: element.matches(".choose"),
      isOutlined: outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2,
      isSeen: element.contains(inMiddle) || (inMiddle?.contains(element) ?? false),
    };
  });

/** Goes on with Tab until the focus is where it `isRight`; each stop on the way must be seen. */
async function tabTo(page, isRight) {
  for (let keys = 0; keys < KEYS_MAX; keys += 1) {
    await page.keyboard.press("Tab");
    const now = await focus(page);
    assert.ok(now.isOutlined && now.isSeen, `the focus isn't seen: ${JSON.stringify(now)}`);
    if (isRight(now)) return;
  }
  assert.fail("the keyboard doesn't get there");
}

/** Waits until the heading `id` has the focus: whoever listens hears where they are. */
const untilAt = (page, id) => page.locator(`#${id}:focus`).waitFor();

test("a whole vote by keyboard, and the focus is never lost", async () => {
  await makeParedao("teclado");
  await inPage(PHONE, async (page) => {
    await page.goto(`${system.voters}/paredoes/teclado`);
    await page.locator("#voting[data-ready=true]").waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await page.locator("a.skip:focus").count(), 1, "first comes the way past the head of the page");
    await page.keyboard.press("Enter");
    await tabTo(page, ({ isChoice }) => isChoice);
    await page.keyboard.press("Space");
    await untilAt(page, "confirm-title");
    await tabTo(page, ({ id }) => id === "cancel");
    await page.keyboard.press("Enter");
    await untilAt(page, "title");
    await tabTo(page, ({ isChoice }) => isChoice);
    await page.keyboard.press("Enter");
    await untilAt(page, "confirm-title");
    await tabTo(page, ({ id }) => id === "vote");
    await page.keyboard.press("Enter");
    await untilAt(page, "received-title");
    await tabTo(page, ({ id }) => id === "again");
    await page.keyboard.press("Space");
    await untilAt(page, "title");
  });
  assert.deepEqual(await counted("teclado"), [1, 0]);
});

test("a refusal leaves the keyboard where it was", async () => {
  await makeParedao("recusa");
  await inPage({ ...PHONE, mayComplain: true }, async (page) => {
    const refusal = { status: 403, contentType: "application/problem+json", body: JSON.stringify({ detail: "Não." }) };
    await page.route("**/api/v1/ballots", (route) => route.fulfill(refusal));
    await page.goto(`${system.voters}/paredoes/recusa`);
    await page.locator("#voting[data-ready=true]").waitFor();
    await page.locator("button.choose").first().focus();
    await page.keyboard.press("Enter");
    await page.locator("#choose-status[data-state=failed]").waitFor();
    assert.equal((await focus(page)).isChoice, true);

    await page.unroute("**/api/v1/ballots");
    await page.route("**/api/v1/votes", (route) => route.fulfill({ ...refusal, status: 503, headers: { "retry-after": "1" } }));
    await page.keyboard.press("Enter");
    await untilAt(page, "confirm-title");
    await page.locator("#vote").focus();
    await page.keyboard.press("Enter");
    await page.locator("#vote-status[data-state=busy]", { hasText: "Tentando de novo" }).waitFor();
    assert.equal((await focus(page)).id, "vote", "while it tries again");
    await page.unroute("**/api/v1/votes");
    await page.route("**/api/v1/votes", (route) => route.fulfill(refusal));
    // The 503 before may have been stored.
    await page.locator("#vote-status[data-state=failed]", { hasText: "Não conseguimos confirmar o seu voto. Não." }).waitFor();
    await tabTo(page, ({ id }) => id === "cancel");
  });
});

test("a lost answer is asked for again with the same ballot, and the receipt is the same", async () => {
  await makeParedao("resposta-perdida");
  await inPage({ ...PHONE, mayComplain: true }, async (page) => {
    const ballots = [];
    let lost;
    await page.route("**/api/v1/votes", async (route) => {
      ballots.push(route.request().postDataJSON().ballot);
      if (lost) return route.continue();
      lost = await (await route.fetch()).json();
      return route.abort();
    });
    await page.goto(`${system.voters}/paredoes/resposta-perdida`);
    await page.locator("button.choose").nth(1).click();
    await page.locator("#vote").click();
    await page.locator("#vote-status", { hasText: "Ainda não temos a confirmação do seu voto. Tentando de novo" }).waitFor();
    await page.locator("#receipt").waitFor();
    assert.equal(await page.locator("#receipt").innerText(), lost.receipt);
    assert.equal(ballots.length, 2);
    assert.equal(ballots[0], ballots[1]);
    // Had the first one counted twice, there would be three now.
    await page.locator("#again").click();
    await page.locator("button.choose").nth(0).click();
    await page.locator("#vote").click();
    await page.locator("#received").waitFor();
    assert.notEqual(await page.locator("#receipt").innerText(), lost.receipt);
  });
  assert.deepEqual(await counted("resposta-perdida", 2), [1, 1]);
});

test("the phone's Back leads to the choice, and doesn't take back a vote that is being sent", async () => {
  await makeParedao("voltar");
  await inPage(PHONE, async (page) => {
    await page.goto(`${system.voters}/paredoes/voltar`);
    const address = page.url();
    await page.locator("button.choose").first().click();
    await untilAt(page, "confirm-title");
    await page.goBack();
    await untilAt(page, "title");
    await page.locator("button.choose").nth(1).click();
    await untilAt(page, "confirm-title");
    await page.route("**/api/v1/votes", async (route) => {
      await page.goBack();
      await page.waitForFunction(() => history.state === "chosen");
      assert.equal(await page.locator("#confirm").isVisible(), true);
      return route.continue();
    });
    await page.locator("#vote").click();
    await untilAt(page, "received-title");
    await page.goBack();
    await untilAt(page, "title");
    assert.equal(page.url(), address);
  });
  assert.deepEqual(await counted("voltar"), [0, 1]);
});

test("nobody is told that a vote wasn't received which may have been", async () => {
  await makeParedao("talvez-guardado");
  await inPage({ ...PHONE, mayComplain: true }, async (page) => {
    // The retries last almost as long as a ballot: the page's clock is put forward.
    await page.clock.install();
    await page.goto(`${system.voters}/paredoes/talvez-guardado`);
    const failed = (words) => page.locator("#vote-status[data-state=failed]", { hasText: words }).waitFor();
    const refusal = { status: 403, contentType: "application/problem+json", body: JSON.stringify({ detail: "Não." }) };
    await page.route("**/api/v1/votes", (route) => route.fulfill(refusal));
    await page.locator("button.choose").first().click();
    await page.locator("#vote").click();
    await failed("Seu voto não foi recebido. Não.");

    await page.locator("#cancel").click();
    await page.unroute("**/api/v1/votes");
    let casts = 0;
    await page.route("**/api/v1/votes", (route) => {
      casts += 1;
      return route.abort();
    });
    await page.locator("button.choose").first().click();
    await page.locator("#vote").waitFor();
    // Whoever hesitates has less time for trying again: it is the ballot's.
    await page.clock.fastForward(175_000);
    await page.locator("#vote").click();
    await failed("Não conseguimos confirmar o seu voto. Não conseguimos falar com o servidor.");
    assert.equal(casts, 1);
  });
});

test("an hCaptcha that doesn't come or fails isn't called an unreachable server", async () => {
  await makeParedao("captcha-alheia");
  await inPage({ ...PHONE, mayComplain: true }, async (page) => {
    await page.route("**/api/v1/ballots", async (route) => {
      const response = await route.fetch();
      const json = { ...(await response.json()), captcha: { provider: "hcaptcha", site_key: "nossa" } };
      return route.fulfill({ response, json });
    });
    await page.goto(`${system.voters}/paredoes/captcha-alheia`);
    await page.locator("button.choose").first().click();
    await page.locator("#choose-status[data-state=failed]", { hasText: "A verificação não terminou." }).waitFor();

    // Once the script is there, its widget fails and then doesn't.
    await page.evaluate(() => {
      let widget;
      let isBroken = true;
      const end = () => (isBroken ? widget["error-callback"]("network-error") : widget.callback("resposta"));
      const reset = () => {
        isBroken = false;
        end();
      };
      const render = (place, options) => {
        widget = options;
        setTimeout(end);
      };
      globalThis.hcaptcha = { render, reset };
    });
    await page.locator("button.choose").first().click();
    await page.locator("#vote").click();
    await page.locator("#vote-status[data-state=failed]", { hasText: "Seu voto não foi recebido. A verificação não terminou." }).waitFor();
    let answer;
    const answered = { status: 503, headers: { "retry-after": "60" }, body: "" };
    await page.route("**/api/v1/votes", (route) => {
      answer = route.request().postDataJSON().captcha;
      return route.fulfill(answered);
    });
    await page.locator("#vote").click();
    await page.locator("#vote-status[data-state=busy]", { hasText: /\d s/ }).waitFor();
    assert.equal(answer, "resposta");
  });
});

for (const visibility of ["after_closing", "production"]) {
  test(`results for ${visibility} stay hidden after the vote, and say until when`, async () => {
    const slug = `visivel-${visibility.replace("_", "-")}`;
    await makeParedao(slug, { visibility });
    await inPage(PHONE, async (page) => {
      const says = { after_closing: "quando a votação terminar", production: "serão mostrados no programa" }[visibility];
      const hidden = page.locator("#results-hidden", { hasText: says });
      await page.goto(`${system.voters}/paredoes/${slug}`);
      await hidden.waitFor();
      await page.locator("button.choose").first().click();
      await page.locator("#vote").click();
      await page.locator("#receipt").waitFor();
      await counted(slug);
      await page.reload();
      await hidden.waitFor();
      assert.equal(await page.locator("#panorama").isVisible(), false);
      assert.doesNotMatch(await page.content(), /100,00/, "not even in what one doesn't see");
    });
  });
}
