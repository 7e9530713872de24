"""The backup wins, but for objects that carry an annotation."""

import json

from componentize_py_types import Err
from reported import reported
from wit_world import exports
from wit_world.imports.decisions import Decision
from wit_world.imports.objects import Object
from wit_world.imports.types import Error

# From the configuration: {"annotation": "example.com/keep"}. It lies here because an object of the class below is made
# anew for each call.
annotation = ""


class Resolver(exports.Resolver):
    @reported
    def configure(self, config: str) -> None:
        global annotation
        annotation = json.loads(config).get("annotation")
        if not isinstance(annotation, str) or not annotation:
            raise Err(Error("invalid-config", "the annotation has no name", "/annotation"))

    @reported
    def resolve(self, wanted: Object, live: Object, to: Decision) -> None:
        # In a JSON pointer `/` is written as `~1`.
        name = annotation.replace("~", "~0").replace("/", "~1")
        if live.get(f"/metadata/annotations/{name}") == '"true"':
            to.skip("it is marked to be kept")
        else:
            to.replace()
