import assert from "node:assert/strict";
import { test } from "node:test";

import { counted, inPage, makeParedao, system } from "./browser.mjs";

const PHONE = { viewport: { width: 360, height: 740 } };

/** Goes to the paredão `slug`, and chooses the participant at `place`. */
async function choose(page, slug, place) {
  await page.goto(`${system.voters}/paredoes/${slug}`);
  await page.locator("button.choose").nth(place).click();
}

test("a voter chooses, the page solves the captcha by itself, and the vote counts", async () => {
  await inPage(PHONE, async (page) => {
    await choose(page, system.paredao, 1);
    await page.locator("#vote").click();
    await page.locator("#receipt").waitFor({ timeout: 60_000 });
    assert.match(await page.locator("#receipt").innerText(), /[0-9a-f]{32}/);
    assert.equal(new URL(page.url()).pathname, `/paredoes/${system.paredao}`, "everything happens in one page");
    await page.locator("#panorama .bar").first().waitFor();
  });
  assert.deepEqual(await counted(), [0, 1, 0]);
});

test("a captcha that fails says so, and the same vote goes on once it works", async () => {
  await makeParedao("captcha-quebrada");
  await inPage({ ...PHONE, mayComplain: true }, async (page) => {
    await page.route("**/sha-worker.js", (route) => route.abort());
    await choose(page, "captcha-quebrada", 0);
    await page.locator("#vote").click();
    await page.locator("#vote-status[data-state=failed]", { hasText: "A verificação não terminou." }).waitFor();
    await page.unroute("**/sha-worker.js");
    await page.locator("#vote").click();
    await page.locator("#receipt").waitFor({ timeout: 60_000 });
  });
  assert.deepEqual(await counted("captcha-quebrada"), [1, 0]);
});

test("an answer that the server doesn't take is asked for again, for the same ballot", async () => {
  await makeParedao("captcha-recusada");
  await inPage({ ...PHONE, mayComplain: true }, async (page) => {
    const ballots = [];
    await page.route("**/api/v1/votes", (route) => {
      const vote = route.request().postDataJSON();
      ballots.push(vote.ballot);
      // What the server says to a wrong solution is its own.
      return ballots.length > 1 ? route.continue() : route.continue({ postData: { ...vote, captcha: btoa("{}") } });
    });
    await choose(page, "captcha-recusada", 1);
    await page.locator("#vote").click();
    await page.locator("#vote-status[data-state=failed]", { hasText: "Seu voto não foi recebido." }).waitFor({ timeout: 60_000 });
    await page.locator("#vote").click();
    await page.locator("#receipt").waitFor({ timeout: 60_000 });
    assert.equal(ballots.length, 2);
    assert.equal(ballots[0], ballots[1]);
  });
  assert.deepEqual(await counted("captcha-recusada"), [0, 1]);
});

test("with reduced motion nothing moves, and without it something does", async () => {
  await makeParedao("parada");
  const moved = async (reducedMotion) => {
    let moves;
    await inPage({ ...PHONE, reducedMotion }, async (page) => {
      await page.addInitScript(watchMotion);
      await choose(page, "parada", 0);
      await page.locator("#vote").click();
      await page.locator("#receipt").waitFor({ timeout: 60_000 });
      await page.locator(".bar-percent").first().filter({ hasText: "100,00" }).waitFor();
      moves = await page.evaluate(() => [...globalThis.moves]);
    });
    return moves;
  };
  assert.deepEqual(await moved("reduce"), []);
  assert.notDeepEqual(await moved("no-preference"), []);
});

/** Notes in each frame what moves, in the page. */
function watchMotion() {
  globalThis.moves = new Set();
  const look = () => {
    for (const animation of document.getAnimations()) {
      const { target, pseudoElement } = animation.effect;
      globalThis.moves.add(`${animation.animationName ?? animation.transitionProperty} of ${target.className || target.tagName}${pseudoElement ?? ""}`);
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
