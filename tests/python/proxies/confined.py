"""Runs a program with no system calls but those that are listed: `confined.py LIST PROGRAM…`.

LIST is a file with names, separated by white space. Any other call fails with EPERM, as it does
under systemd's `SystemCallFilter=` with `SystemCallErrorNumber=EPERM`; without that, the program
would be killed, and so it is here.
"""

import os
import pathlib
import sys

import pyseccomp

names, program, *arguments = sys.argv[1:]
# Of the calls known to systemd, this machine's architecture may lack some: those are in no danger.
rules = pyseccomp.SyscallFilter(pyseccomp.KILL_PROCESS)
for name in pathlib.Path(names).read_text().split():
    try:
        rules.add_rule(pyseccomp.ALLOW, name)
    except OSError:
        continue
rules.load()
os.execv(program, [program, *arguments])
