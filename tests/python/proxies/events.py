"""A watcher of an event stream: curl, which knows nothing of events and so hides nothing."""

import json
import subprocess

from daemon import PATIENCE_SECS


class Events:
    """An event stream (HTML standard §9.2), as curl prints it the moment it arrives."""

    def __init__(self, site, path, *options):
        url = f"https://{site.authority}{site.base}{path}"
        self.child = subprocess.Popen(
            site.curl(*options, url), stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()
        self.child.stdout.close()

    def __iter__(self):
        """The events to come, as dictionaries of their fields; comments are no events."""
        event = {}
        for line in self.child.stdout:
            name, _, value = line.rstrip("\n").partition(":")
            if line == "\n":
                if "data" in event:
                    yield event
                event = {}
            elif name:
                event[name] = value.removeprefix(" ")

    def hear(self):
        """The state in the next event."""
        event = next(iter(self))
        state = json.loads(event["data"])
        assert event["id"] == str(state["rev"])
        return state
