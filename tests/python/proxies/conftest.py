"""One site for each kind of proxy and each of the page's two layouts, shared by the tests."""

import pytest

from proxied import KINDS, Site


@pytest.fixture(scope="session", params=sorted(KINDS))
def site(request):
    """A daemon with a host name of its own."""
    with Site(request.param) as running:
        yield running
