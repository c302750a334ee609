# SPDX-License-Identifier: GPL-2.0
"""What the file of a machine says of it, and what ci/skips makes of that."""
import subprocess
import sys


def rows(path):
    """The lines of a data file, with tabs between, that are no comments."""
    with open(path, encoding="utf-8") as f:
        return [line.rstrip("\n").split("\t") for line in f if line.strip() and line[0] != "#"]


def load(machine):
    """Its FACTS, which tests may be skipped there and why, and which facts ci/skips knows."""
    script = '. ci/lib.sh; load_machine "$1"; printf "%s\\0%s" "$FACTS" "$SKIP"'
    data = subprocess.run(["bash", "-ec", script, sys.argv[0], machine], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    facts, skip = data.split("\0")
    facts = dict(p.split("=", 1) for p in facts.split())
    allowed = [line.split(":", 1) for line in skip.splitlines() if line.strip()]
    known = [(*fact.split("="), pattern, why) for fact, pattern, why in rows("ci/skips")]
    allowed += [(pattern, why) for fact, value, pattern, why in known if facts.get(fact, "0") == value]
    return facts, allowed, {fact for fact, *_ in known}
