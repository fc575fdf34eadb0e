import assert from "node:assert/strict";
import { test } from "node:test";

import { inPage, system } from "./browser.mjs";
import { sum, table, weigh } from "./weight.mjs";

const PHONE = { viewport: { width: 360, height: 740 } };
const PAGE = `${system.voters}/paredoes/${system.paredao}`;
/** Compressed, besides pictures. */
const BYTES_MAX = 100_000;

test("a whole vote on a cold cache takes at most 100 KB besides pictures", async (t) => {
  await inPage(PHONE, async (page) => {
    const resources = await weigh(page, async () => {
      await page.goto(PAGE);
      await page.locator("button.choose").first().click();
      await page.locator("#vote").click();
      await page.locator("#receipt").waitFor({ timeout: 60_000 });
    });
    t.diagnostic(`\n${table(resources)}`);
    assert.ok(resources.some(({ path }) => path.endsWith("altcha.js")), "the captcha is weighed too");
    assert.ok(sum(resources) <= BYTES_MAX, table(resources));
  });
});
