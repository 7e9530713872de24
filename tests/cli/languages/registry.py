"""Takes images from another registry."""

import json

from reported import reported
from wit_world import exports
from wit_world.imports import log
from wit_world.imports.decisions import Decision
from wit_world.imports.objects import Object

settings: dict[str, str] = {}


class Modifier(exports.Modifier):
    @reported
    def configure(self, config: str) -> None:
        settings.update(json.loads(config))

    @reported
    def modify(self, object: Object, to: Decision) -> None:
        pointer = "/spec/template/spec/containers"
        for index, container in enumerate(json.loads(object.get(pointer) or "[]")):
            image = container.get("image", "")
            if image.startswith(settings["from"] + "/"):
                path = f"{pointer}/{index}/image"
                value = settings["to"] + image[len(settings["from"]) :]
                log.write("info", f"{path} is now {value}")
                to.json_patch(json.dumps([{"op": "replace", "path": path, "value": value}]))
