"""Loaded by Python itself at start-up, when the runner puts this folder on PYTHONPATH."""

import importlib.machinery
import os
import runpy
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))

if os.environ.get("TL_OFFLINE") == "1":
    # By path: at this moment the package itself may not be importable.
    runpy.run_path(os.path.join(os.path.dirname(_HERE), "offline.py"))["refuse_network"]()

# This file hides a sitecustomize that the machine may have of its own: run that one too.
_elsewhere = [p for p in sys.path if os.path.abspath(p or ".") != _HERE]
_own = importlib.machinery.PathFinder.find_spec("sitecustomize", _elsewhere)
if _own is not None and _own.origin:
    runpy.run_path(_own.origin)
