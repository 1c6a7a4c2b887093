/** The declarations that TypeScript reads. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { readFileSync } from "node:fs";

import * as module from "../../src/page/doneyet.js";
import { path } from "./harness.mjs";

const tsc = createRequire(path("target/browser/")).resolve("typescript/bin/tsc");

export default {
  async "the declarations fit what people write"() {
    const options = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom"];
    try {
      execFileSync(process.execPath, [tsc, ...options, path("tests/browser/types.ts")], { encoding: "utf8" });
    } catch (error) {
      assert.fail(error.stdout);
    }
  },

  async "the module exports what is declared, and no more"() {
    const declared = readFileSync(path("src/page/doneyet.d.ts"), "utf8").matchAll(/^export function (\w+)/gm);
    assert.deepEqual(Object.keys(module).sort(), [...declared].map(([, name]) => name).sort());
  },

  async "the module is small"() {
    const bytes = gzipSync(readFileSync(path("src/page/doneyet.js"))).length;
    assert.ok(bytes < 5_000, `${bytes} bytes`);
  },
};
