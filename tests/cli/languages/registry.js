// Takes images from another registry.
import { write } from "lazarette:plugin/log@0.1.0";
import { reported } from "./reported.js";

let from, to;

export const modifier = reported({
  configure(config) {
    ({ from, to } = JSON.parse(config));
  },

  modify(object, decision) {
    const list = "/spec/template/spec/containers";
    const containers = JSON.parse(object.get(list) ?? "[]");
    containers.forEach(({ image }, index) => {
      if (!image?.startsWith(`${from}/`)) return;
      const path = `${list}/${index}/image`;
      const value = to + image.slice(from.length);
      write("info", `${path} is now ${value}`);
      decision.jsonPatch(JSON.stringify([{ op: "replace", path, value }]));
    });
  },
});
