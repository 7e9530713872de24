// Runs a command in a pod before the pod is backed up.
import { exec } from "lazarette:plugin/pods@0.1.0";
import { reported } from "./reported.js";

// From the configuration: {"command": ["redis-cli", "save"], "timeoutMs": 30000}
let command, timeoutMs;

export const hook = reported({
  configure(config) {
    ({ command, timeoutMs } = JSON.parse(config));
    if (!Array.isArray(command) || command.length === 0) {
      throw { code: "invalid-config", message: "the command is empty", pointer: "/command" };
    }
    if (!Number.isInteger(timeoutMs)) {
      throw { code: "invalid-config", message: "expected a number of milliseconds", pointer: "/timeoutMs" };
    }
  },

  run(pod, at) {
    // The phases are an open set: let pass those that are not known.
    if (at.phase() !== "before-backup") return;
    const { exitCode } = exec(undefined, command, timeoutMs);
    if (exitCode !== 0) {
      throw { code: "command-failed", message: `${command.join(" ")} ended with ${exitCode}`, pointer: undefined };
    }
  },
});
