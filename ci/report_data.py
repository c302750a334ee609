# SPDX-License-Identifier: GPL-2.0
"""What ci/run left in the folders of the machines, what it was built from, and the same in KCIDB's I/O schema."""
import hashlib
import os
import re
import subprocess
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone

STATUS = {"passed": "PASS", "failed": "FAIL", "skipped": "SKIP"}
PARTIAL = "some tests only"
COMPILER = re.compile(r"Linux version \S+ \([^)]*\) \((.*?)(?:, GNU ld .*)?\) #")
SUITE = "kselftest.mm.special"
EXCERPT = 16000  # characters; KCIDB takes few more


def read(path):
    if not os.path.isfile(path):
        return []
    with open(path, encoding="utf-8", errors="replace", newline="\n") as f:
        return [line.rstrip("\r\n") for line in f]


def digest(*parts):
    return hashlib.sha256("".join(f"{part}\n" for part in parts).encode()).hexdigest()


class Machine:
    def __init__(self, name, kernel, arch, out):
        self.name, self.kernel, self.arch, self.out = name, kernel, arch, out
        verdict = "\n".join(read(f"{out}/verdict")).split("\t", 6)
        self.ran = len(verdict) == 7
        if not self.ran:
            verdict = [name, "not run", 0, 0, 0, "", ""]
        _, self.status, *count, self.seconds, note = verdict
        self.count = dict(zip(STATUS, map(int, count)))
        # One that was not built this time has files of an earlier run; its facts are gone.
        judged = self.ran and os.path.exists(f"{out}/facts")
        self.facts = dict(line.split("=", 1) for line in read(f"{out}/facts")) if judged else {}
        self.console = read(f"{out}/console.log") if judged else []
        self.only = " ".join(read(f"{out}/filter")) if judged else ""
        self.notes = [n for n in (note, self.only and f"only TEST='{self.only}'") if n]
        self.build_seconds = "".join(read(f"{out}/build.seconds")) if judged else ""
        self.when = datetime.fromtimestamp(int(os.path.getmtime(f"{out}/verdict")), timezone.utc) if self.ran else None
        self.id = digest(*verdict, *self.console, *(read(f"{out}/results.ktap") if judged else []))
        self.tests = {}  # name -> (passed|failed|skipped, text)
        self.programs = defaultdict(Counter)
        self.read_tests(judged)
        # What did not run with all its tests is no pass.
        self.kind = PARTIAL if self.only and self.status == "PASS" else self.status.replace("NOT-RUN", "not run")

    def read_tests(self, judged):
        try:
            cases = ET.parse(f"{self.out}/junit.xml").findall("testcase") if judged else []
        except (OSError, ET.ParseError):
            cases = []
        for case in cases:
            if case.find("error") is not None:  # of the boot, not of a test
                continue
            outcome, text = "passed", ""
            if (bad := case.find("failure")) is not None:
                outcome, text = "failed", bad.text
            elif (left_out := case.find("skipped")) is not None:
                outcome, text = "skipped", left_out.get("message")
            self.tests[case.get("name")] = (outcome, text or "")
            self.programs[case.get("name").split(".")[0]][outcome] += 1
        if sum(self.programs.values(), Counter()) != Counter(self.count):
            self.tests, self.programs = {}, {}
            self.status = "INCOMPLETE" if self.status == "PASS" else self.status
            self.notes.append("junit.xml is not of this verdict: make rerun writes both")


def overall(machines):
    """One word, and the machines that are to blame."""
    named = defaultdict(list)
    for m in machines:
        named[m.kind].append(m.name)
    if len(named["PASS"]) == len(machines):
        return "PASS", f"PASS ({len(machines)} machines, {sum(m.count['passed'] for m in machines)} tests)"
    word = "FAIL" if named["FAIL"] else "INCOMPLETE"
    blamed = [" ".join(named["FAIL"])] if named["FAIL"] else []
    blamed += [f"{kind.lower()}: {' '.join(named[kind])}" for kind in ("INCOMPLETE", PARTIAL, "not run") if named[kind]]
    return word, f"{word}: {'; '.join(blamed)} (of {len(machines)} machines)"


def source(work, patches, machines):
    """What was built, as the prepared tree tells. If that is on other hosts only the series is known."""
    def git(*args):
        command = ["git", "-c", "safe.directory=*", "-C", f"{work}/linux", *args]
        run = subprocess.run(command, capture_output=True, text=True)
        return run.stdout.splitlines() if run.returncode == 0 else []

    def field(lines, name):
        return next((line.split(None, 1)[1] for line in lines if re.match(rf"{name}:? \S", line, re.I)), "")

    record = git("cat-file", "blob", "refs/gup-special/patched/record")
    commit = field(record, "base")
    series = [line.split()[1:] for line in record if line.startswith("patch ")]
    if commit:
        about = git("log", "-1", "--format=%B", commit)
        origin = field(about, "source")
    else:
        about = read(f"{patches}/base")
        origin = f"a source that is not here; the series was made on {field(about, 'source') or 'another'}"
        for name in (line.split()[0] for line in read(f"{patches}/series") if re.match(r"[^#\s]", line)):
            with open(f"{patches}/{name}", "rb") as f:
                series.append([hashlib.sha256(f.read()).hexdigest(), name])
    said = re.search(r"Linux (\S+)", " ".join(about))
    running = sorted({m.facts["release"] for m in machines if "release" in m.facts})
    return {"version": " and ".join(running) or (said[1] if said else "of unknown version"), "source": origin,
            "sha256": field(about, "sha256") if commit else "", "commit": commit,
            "drifted": [line.split()[1] for line in record if line.startswith("drifted ")],
            "patches": [name for _, name in series], "patchset": digest(*(sha for sha, _ in series)) if series else ""}


def kcidb(machines, src, origin):
    """Version 5.0. The id of a test is a digest of all that its boot left: the same results have the same ids, those of
    another boot have others."""
    def thing(*parts, **fields):
        known = {name: value for name, value in fields.items() if value != ""}
        return {"id": f"{origin}:{digest(*parts)[:40]}", "origin": origin} | known

    checkout = thing("checkout", *src.values(), git_commit_hash=src["commit"], valid=True, misc=src,
                     comment=f"Linux {src['version']} from {src['source']}, {len(src['patches'])} patches")
    checkout["patchset_hash"] = src["patchset"]  # empty means that there are none
    builds, tests = {}, []
    for m in (m for m in machines if m.ran):
        identity = thing("build", checkout["id"], m.kernel, checkout_id=checkout["id"], config_name=m.kernel)
        build = builds.setdefault(m.kernel, identity)
        booted = next(filter(None, map(COMPILER.search, m.console)), None)
        if booted:
            build.update(status="PASS", architecture=m.arch, compiler=booted[1])
        elif "not built" in m.notes:
            build.update(status="ERROR")
        if m.name == m.kernel and m.build_seconds.isdigit():
            build.update(duration=int(m.build_seconds))
        run = {"build_id": build["id"], "environment": {"comment": f"QEMU, machine {m.name}"}}
        seconds = int(m.seconds) if m.seconds.isdigit() else 0
        # The machine's verdict is that of the suite; of a part of it there is none.
        tests.append(thing(
            "run", m.name, m.id, path=SUITE, duration=seconds,
            start_time=(m.when - timedelta(seconds=seconds)).isoformat(),
            status={"INCOMPLETE": "ERROR" if m.tests else "MISS", "not run": "MISS", PARTIAL: ""}.get(m.kind, m.kind),
            log_excerpt="\n".join(m.notes)[:EXCERPT], misc=m.count | {"machine": m.name, "facts": m.facts}, **run))
        for name, (outcome, text) in m.tests.items():
            parts = [re.sub(r"[^\w-]", "_", part, flags=re.A) for part in name.split(".") if part]
            # ci/verdict's own look at the boot is no kselftest.
            path = ".".join(["boot" if parts[:1] in (["promise"], ["console"]) else SUITE, *parts])
            said = {"log_excerpt" if outcome == "failed" else "comment": text[:EXCERPT]}
            tests.append(thing("test", m.name, m.id, name, path=path, status=STATUS[outcome], **run, **said))
    return {"version": {"major": 5, "minor": 0}, "checkouts": [checkout], "builds": [*builds.values()], "tests": tests}
