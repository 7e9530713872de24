// The backup wins, but for objects that carry an annotation.
import { reported } from "./reported.js";

// From the configuration: {"annotation": "example.com/keep"}
let annotation;

export const resolver = reported({
  configure(config) {
    ({ annotation } = JSON.parse(config));
    if (typeof annotation !== "string" || annotation === "") {
      throw { code: "invalid-config", message: "the annotation has no name", pointer: "/annotation" };
    }
  },

  resolve(wanted, live, to) {
    // In a JSON pointer `/` is written as `~1`.
    const name = annotation.replaceAll("~", "~0").replaceAll("/", "~1");
    if (live.get(`/metadata/annotations/${name}`) === '"true"') {
      to.skip("it is marked to be kept");
    } else {
      to.replace();
    }
  },
});
