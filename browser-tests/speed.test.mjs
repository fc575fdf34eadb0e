import assert from "node:assert/strict";
import { test } from "node:test";

import { inPage, system } from "./browser.mjs";
import { firstPaint } from "./weight.mjs";

const PHONE = { viewport: { width: 360, height: 740 } };
const PAGE = `${system.voters}/paredoes/${system.paredao}`;
const FIRST_PAINT_MILLIS_MAX = 1_000;
const RUNS = 5;

test("on a slow phone with 4G something is seen within a second", async (t) => {
  const paints = [];
  for (let run = 0; run < RUNS; run += 1) {
    await inPage(PHONE, async (page) => paints.push(await firstPaint(page, PAGE)));
  }
  const median = paints.sort((one, other) => one - other)[Math.floor(RUNS / 2)];
  t.diagnostic(`first contentful paint: ${paints.map(Math.round).join(", ")} ms`);
  assert.ok(median < FIRST_PAINT_MILLIS_MAX, `it takes ${median} ms`);
});
