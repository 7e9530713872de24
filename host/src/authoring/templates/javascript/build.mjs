// Makes plugin.wasm of src/plugin.js: the JavaScript, the engine that runs it, and the contract in wit/.
import { componentize } from "@bytecodealliance/componentize-js";
import { writeFile } from "node:fs/promises";

const { component } = await componentize({
  sourcePath: "src/plugin.js",
  witPath: "wit",
  worldName: "plugin",
  // A plugin has none of these.
  disableFeatures: ["random", "stdio", "clocks", "http", "fetch-event"],
});
await writeFile("plugin.wasm", component);
