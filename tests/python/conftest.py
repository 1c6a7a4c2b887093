"""Fixtures: one daemon for each test file, and the count at the end of a run."""

import pytest

# Before they are imported: so that a failed comparison in them shows both sides.
pytest.register_assert_rewrite("bytewise", "dialogue")

from daemon import Daemon


@pytest.fixture(scope="module")
def daemon():
    """A daemon with nothing known yet; the tests of one file share it under different task ids."""
    with Daemon("--echo") as running:
        yield running


@pytest.fixture
def task(request):
    """A task id that no other test uses."""
    allowed = (c if c.isalnum() or c in "._~:@-" else "-" for c in request.node.name)
    return "".join(allowed)[:120]


def pytest_unconfigure(config):
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter:
        count = lambda *kinds: sum(len(reporter.stats.get(kind, [])) for kind in kinds)
        print(f"{count('passed')} passed, {count('failed', 'error', 'skipped')} failed")
