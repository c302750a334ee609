# SPDX-License-Identifier: GPL-2.0
"""What ci/lib.sh says of where things are, for the programs in Python. They are started anywhere and run at the top."""
import os

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_series = os.environ.get("SERIES") and os.path.abspath(os.environ["SERIES"])
os.chdir(TOP)
with open("patches/default", encoding="utf-8") as _file:
    BASE = os.environ.get("BASE") or _file.read().strip()
PATCHES = _series or f"patches/{BASE}"
WORK = os.path.join(os.environ.get("BUILD") or "build", os.path.basename(PATCHES))
EXPECT = f"{PATCHES}/expect"
if not os.path.isdir(EXPECT):
    EXPECT = f"patches/{BASE}/expect"
