import assert from "node:assert/strict";
import { test } from "node:test";

import { counted, inPage, system } from "./browser.mjs";

test("without JavaScript the whole way is forms and pages", async () => {
  await inPage({ javaScriptEnabled: false }, async (page) => {
    await page.goto(system.voters);
    await page.locator(`a[href="/paredoes/${system.paredao}"]`).click();
    await page.locator("button.choose").first().click();
    await page.locator("#vote").click();
    assert.match(await page.locator("#receipt").innerText(), /[0-9a-f]{32}/);
    assert.equal(await page.locator("#panorama .bar").count(), 3);
  });
  assert.deepEqual(await counted(), [1, 0, 0]);
});
