# SPDX-License-Identifier: GPL-2.0
"""What a boot reported, read from its KTAP: every test with its outcome, the facts, and what is unfinished."""
import fnmatch
import re

NO_TEST = "no test selected"
PLAN = re.compile(r"1\.\.(\d+)(?:\s*# SKIP\b\s*(.*))?$", re.I)
RESULT = re.compile(r"(not )?ok (\d+)(?:\s+-)?(?:\s+([^#\s][^#]*?))?\s*(?:# ?(\w+)\b\s*(.*))?$")
FACT = re.compile(r"# fact ([\w.]+)=(\S*)")


class Boot:
    def __init__(self):
        self.tests = {}  # name -> (passed|failed|skipped, text)
        self.unfinished = []
        self.facts = {}
        self.begun = False

    def add(self, name, outcome, text=""):
        if name in self.tests:
            outcome, text = "failed", f"is reported twice: {text or outcome}; give each test a name of its own"
            if self.tests[name][0] == "failed":
                text = f"{self.tests[name][1]}; {text}"
        self.tests[name] = (outcome, text)

    def parse(self, lines, allowed, filtered):
        """One level of KTAP for each four columns; a level ends with the result of the program that it belongs to."""
        levels = [{"plan": None, "seen": 0, "notes": [], "failed": 0}]

        def close(level, name):
            if level["plan"] is None:
                self.unfinished.append(f"{name} printed no plan")
            elif level["seen"] != level["plan"]:
                self.unfinished.append(f"{name} reported {level['seen']} of {level['plan']} results")

        for raw in lines:
            line = raw.rstrip()
            depth = (len(line) - len(line.lstrip(" "))) // 4
            text = line[4 * depth:]
            fact = FACT.match(text.strip())
            if fact:
                self.facts.setdefault(fact[1], set()).add(fact[2])
                continue
            plan, result = PLAN.match(text), RESULT.match(text)
            header = re.match(r"K?TAP version \d+$", text)
            if header and depth == 0:
                self.begun = True
            if not (plan or result or header):
                levels[min(depth, len(levels) - 1)]["notes"].append(re.sub(r"^# ?", "", text.strip()))
                continue
            if depth > len(levels):
                self.unfinished.append(f"a line is out of place: {text}")
                continue
            if depth == len(levels):
                levels.append({"plan": None, "seen": 0, "notes": [], "failed": 0, "skip": None})
            child = levels.pop() if result and depth == len(levels) - 2 else None
            if depth != len(levels) - 1:
                self.unfinished.append(f"a level has no result of its own, before: {text}")
                del levels[depth + 1:]
            level = levels[depth]
            if header:
                continue
            if plan:
                if level["plan"] is not None:
                    self.unfinished.append(f"a second plan: {text}")
                level["plan"], level["skip"] = int(plan[1]), plan[2]
                continue
            level["seen"] += 1
            name = result[3] or f"test-{result[2]}"
            if int(result[2]) != level["seen"]:
                self.unfinished.append(f"{name} has number {result[2]}, expected {level['seen']}")
            notes = "\n".join(filter(None, level["notes"]))
            level["notes"] = []
            directive = (result[4] or "").upper()
            if child is not None:
                close(child, name)
                failed = bool(result[1])
                if child["plan"] == 0 and not failed:
                    reason = child["skip"] or "no reason given"
                    if not (filtered and reason == NO_TEST):
                        self.skip(name, reason, allowed)
                elif failed and (not child["failed"] or child["seen"] != child["plan"]):
                    self.add(name, "failed", notes or "the program failed, but none of its tests")
                outcome = failed or child["failed"]
            elif directive == "SKIP" and not result[1]:
                outcome = self.skip(name, result[5] or "no reason given", allowed)
            elif directive:
                self.add(name, "failed", f"# {result[4]} {result[5]}: only a passing SKIP is a directive here")
                outcome = True
            else:
                outcome = bool(result[1])
                if outcome or depth:
                    self.add(name, "failed" if outcome else "passed", notes)
            level["failed"] += bool(outcome)
            if depth == 0 and child is None and not outcome:
                self.unfinished.append(f"{name} printed no plan")
        while len(levels) > 1:
            close(levels.pop(), "the last program")
        close(levels[0], "the guest's init" if self.begun else "the guest (its init never began)")

    def skip(self, name, reason, allowed):
        for pattern, why in allowed:
            if fnmatch.fnmatchcase(name, pattern):
                self.add(name, "skipped", f"{reason} (allowed: {why})")
                return False
        self.add(name, "failed",
                 f"skipped: {reason}; it must run here, or ci/skips or SKIP in the machine file must say why not")
        return True

    def promises(self, promised, known, filtered):
        for name in self.facts.keys() & known - promised.keys():
            promised[name] = "0"
        for name, want in promised.items():
            have = self.facts.get(name)
            if have is None and not filtered:
                self.add(f"promise.{name}", "failed", "was not reported")
            elif have is not None:
                good = {number(v) for v in have} == {number(want)}
                self.add(f"promise.{name}", "passed" if good else "failed",
                         "" if good else f"is {' and '.join(sorted(have))}, not {want}")


def number(text):
    """A mask is a mask, however it is written."""
    try:
        return int(text, 0)
    except ValueError:
        return text
