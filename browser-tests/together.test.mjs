import assert from "node:assert/strict";
import { test } from "node:test";

import { inPage, makeParedao, system, voteAsScript } from "./browser.mjs";

const PHONE = { viewport: { width: 360, height: 740 } };
const PRODUCER = { viewport: { width: 1440, height: 900 }, extraHTTPHeaders: { authorization: `Bearer ${system.token}` } };
const BURST = 20;
const BURST_PAUSE_MILLIS = 500;

/** Counts, in the page, what is read aloud and what is shown. */
function count() {
  const SPOKEN = "[aria-live]:not([aria-live=off]), [role=status], [role=alert]";
  globalThis.changes = { spoken: 0, shown: 0 };
  const watch = () =>
    new MutationObserver((records) => {
      const isSpoken = ({ target }) => (target.nodeType === Node.ELEMENT_NODE ? target : target.parentElement)?.closest(SPOKEN);
      if (records.some(isSpoken)) globalThis.changes.spoken += 1;
      if (records.some((record) => !isSpoken(record))) globalThis.changes.shown += 1;
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  document.addEventListener("DOMContentLoaded", watch);
}

async function vote(page, place) {
  await page.locator("button.choose").nth(place).click();
  await page.locator("#vote").click();
  await page.locator("#receipt").waitFor();
}

const untilShares = (page, selector, shares) =>
  page.waitForFunction(
    ([selector, shares]) => {
      const shown = [...document.querySelectorAll(selector)].map((element) => element.textContent.replace(/\s*%/, ""));
      return shown.join() === shares.join();
    },
    [selector, shares],
  );

test("two voters vote, and they and a producer see it at once, without a reload and without chatter", async () => {
  await makeParedao("juntos");
  await inPage(PHONE, (ana) =>
    inPage(PHONE, (bento) =>
      inPage(PRODUCER, async (producer) => {
        const voters = [ana, bento];
        const all = [...voters, producer];
        for (const page of all) await page.addInitScript(count);
        await Promise.all(voters.map((page) => page.goto(`${system.voters}/paredoes/juntos`)));
        await producer.goto(`${system.production}/paredoes/juntos`);
        await Promise.all(all.map((page) => page.evaluate(() => (globalThis.isMarked = true))));

        await Promise.all(voters.map((page, place) => vote(page, place)));
        await producer.locator("[data-figure=total]", { hasText: /^2$/ }).waitFor();
        await untilShares(producer, ".share", ["50,00", "50,00"]);
        for (const page of voters) await untilShares(page, "#panorama .bar-percent", ["50,00", "50,00"]);

        await ana.locator("#again").click();
        await vote(ana, 0);
        await producer.locator("[data-figure=total]", { hasText: /^3$/ }).waitFor();
        await untilShares(producer, ".share", ["66,67", "33,33"]);
        for (const page of voters) await untilShares(page, "#panorama .bar-percent", ["66,67", "33,33"]);

        await Promise.all(all.map((page) => page.evaluate(() => Object.assign(globalThis.changes, { spoken: 0, shown: 0 }))));
        for (let votes = 0; votes < BURST; votes += 1) {
          await voteAsScript("juntos", votes % 2);
          await new Promise((resolve) => setTimeout(resolve, BURST_PAUSE_MILLIS));
        }
        await producer.locator("[data-figure=total]", { hasText: String(3 + BURST) }).waitFor();
        for (const page of all) {
          assert.equal(await page.evaluate(() => globalThis.isMarked), true, "it was loaded anew");
          const { spoken, shown } = await page.evaluate(() => globalThis.changes);
          assert.ok(shown >= 5, `only ${shown} changes were shown`);
          assert.ok(spoken <= 3, `${spoken} times in ten seconds it spoke`);
        }
      }),
    ),
  );
});
