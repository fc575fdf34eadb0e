import assert from "node:assert/strict";
import { before, test } from "node:test";

import { assertAccessible } from "./axe.mjs";
import { inPage, system } from "./browser.mjs";
import { makeStage, PRODUCTION_STATES, VOTERS_STATES } from "./states.mjs";

before(makeStage);

const visited = new Set();

/** How many of these pictures can't be seen from edge to edge. */
const countCut = (faces) =>
  faces.filter((face) => {
    const { left, top, right, bottom, width, height } = face.getBoundingClientRect();
    const isSqueezed = Math.abs(width / height - face.naturalWidth / face.naturalHeight) > 0.01;
    const isWithin = left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
    return !isWithin || height === 0 || (isSqueezed && getComputedStyle(face).objectFit !== "contain");
  }).length;

for (const [frontend, states] of Object.entries({ voters: VOTERS_STATES, production: PRODUCTION_STATES })) {
  for (const { name, go, options, mayComplain } of states) {
    test(`${frontend}: axe finds nothing in the state ${name}, and it fits`, async () => {
      await inPage({ ...options, mayComplain }, async (page) => {
        await go(page);
        visited.add(page.url());
        await assertAccessible(page, name);
        if (name.startsWith("telao")) assert.equal(await page.locator(".face").evaluateAll(countCut), 0, "each face is whole");
      });
    });
  }
}

test("every page in production's menu is among the states", async () => {
  await inPage({ extraHTTPHeaders: { authorization: `Bearer ${system.token}` } }, async (page) => {
    await page.goto(`${system.production}/paredoes`);
    const links = await page.locator("header nav a").evaluateAll((links) => links.map(({ href }) => href));
    assert.deepEqual(links.filter((link) => !visited.has(link)), []);
  });
});
