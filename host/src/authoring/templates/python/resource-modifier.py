"""Adds labels that an object does not have yet."""

import json

from componentize_py_types import Err
from reported import reported
from wit_world import exports
from wit_world.imports.decisions import Decision
from wit_world.imports.objects import Object
from wit_world.imports.types import Error

# From the configuration: {"labels": {"team": "shop"}}. It lies here because an object of the class below is made anew
# for each call.
labels: dict[str, str] = {}


class Modifier(exports.Modifier):
    @reported
    def configure(self, config: str) -> None:
        global labels
        labels = json.loads(config).get("labels")
        if not isinstance(labels, dict) or not labels:
            raise Err(Error("invalid-config", "there is no label to add", "/labels"))

    @reported
    def modify(self, object: Object, to: Decision) -> None:
        # Only the labels are copied out of the object, not all of it.
        present = json.loads(object.get("/metadata/labels") or "{}")
        missing = {key: value for key, value in labels.items() if key not in present}
        if missing:
            to.merge_patch(json.dumps({"metadata": {"labels": missing}}))
        else:
            to.skip("it has these labels")
