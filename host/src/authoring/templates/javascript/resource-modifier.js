// Adds labels that an object does not have yet.
import { reported } from "./reported.js";

// From the configuration: {"labels": {"team": "shop"}}
let labels;

export const modifier = reported({
  configure(config) {
    ({ labels } = JSON.parse(config));
    const isMap = typeof labels === "object" && labels !== null && !Array.isArray(labels);
    if (!isMap || Object.keys(labels).length === 0) {
      throw { code: "invalid-config", message: "there is no label to add", pointer: "/labels" };
    }
  },

  modify(object, to) {
    // Only the labels are copied out of the object, not all of it.
    const present = JSON.parse(object.get("/metadata/labels") ?? "{}");
    const missing = Object.entries(labels).filter(([key]) => !(key in present));
    if (missing.length === 0) {
      to.skip("it has these labels");
    } else {
      to.mergePatch(JSON.stringify({ metadata: { labels: Object.fromEntries(missing) } }));
    }
  },
});
