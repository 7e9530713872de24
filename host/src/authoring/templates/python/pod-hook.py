"""Runs a command in a pod before the pod is backed up."""

import json

from componentize_py_types import Err
from reported import reported
from wit_world import exports
from wit_world.imports import pods
from wit_world.imports.events import Event
from wit_world.imports.objects import Object
from wit_world.imports.types import Error

# From the configuration: {"command": ["redis-cli", "save"], "timeoutMs": 30000}. It lies here because an object of the
# class below is made anew for each call.
settings: dict = {}


class Hook(exports.Hook):
    @reported
    def configure(self, config: str) -> None:
        global settings
        settings = json.loads(config)
        if not isinstance(settings.get("command"), list) or not settings["command"]:
            raise Err(Error("invalid-config", "the command is empty", "/command"))
        if not isinstance(settings.get("timeoutMs"), int):
            raise Err(Error("invalid-config", "expected a number of milliseconds", "/timeoutMs"))

    @reported
    def run(self, pod: Object, at: Event) -> None:
        # The phases are an open set: let pass those that are not known.
        if at.phase() != "before-backup":
            return
        command = settings["command"]
        output = pods.exec(None, command, settings["timeoutMs"])
        if output.exit_code != 0:
            raise Err(Error("command-failed", f"{' '.join(command)} ended with {output.exit_code}", None))
