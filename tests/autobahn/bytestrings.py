"""Python 2's byte strings, for a suite that was written with them.

Its cases build payloads as `"\\xce\\xba"` and compare what comes back with `==`. They stay as they
are: a byte string is a `str` here, with one character for each byte (latin-1), and `Boundary`
turns these into `bytes`, and back, where the suite meets the protocol library.

`convert.py` puts this file into the installed suite.
"""
import binascii

import txaio

txaio.use_twisted()  # the library of that time did not need to be told


def to_bytes(value):
    return value.encode("latin-1") if isinstance(value, str) else value


def to_text(value):
    if isinstance(value, list):
        return [to_text(item) for item in value]
    return value.decode("latin-1") if isinstance(value, bytes) else value


def b2a_hex(value):
    return to_text(binascii.b2a_hex(to_bytes(value)))


class Boundary:
    """Stands before a protocol class in a list of bases."""


def _translate(name, translation):
    def method(self, *args, **kwargs):
        args = map(translation, args)
        kwargs = {key: translation(value) for key, value in kwargs.items()}
        return getattr(super(Boundary, self), name)(*args, **kwargs)

    setattr(Boundary, name, method)


for _outward in ("sendFrame", "sendMessage", "sendMessageFrameData", "sendCloseFrame"):
    _translate(_outward, to_bytes)
for _inward in ("onMessage", "onPong", "logRxOctets", "logTxOctets", "logRxFrame", "logTxFrame"):
    _translate(_inward, to_text)
