#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# ci/forge: the templates are YAML, have a job for every machine, and keep what ci/report reads.
. "$(dirname "$0")/lib.sh"
cd "$repo" || exit 2

# yaml NAME PYTHON: an assertion about the template of GitLab, l, and that of GitHub, h
yaml() {
	python3 -c 'import yaml' 2>/dev/null || { skip "$1" 'python3-yaml is not installed'; return; }
	ok "$1" python3 -c '
import os, sys, yaml
l, h = (yaml.safe_load(open(f"ci/forge/{name}.yml")) for name in ("gitlab-ci", "github-actions"))
machines = sorted(m for m in os.listdir("ci/machines") if "\nEXTRA=" not in open(f"ci/machines/{m}").read())
exec(sys.argv[1])' "$2"
}

yaml 'GitLab has a job for each machine' 'assert l["machine"]["parallel"]["matrix"] == [{"MACHINES": machines}]'
yaml 'GitHub makes its list itself' '
import json, subprocess
run = h["jobs"]["list"]["steps"][-1]["run"].replace("\"$GITHUB_OUTPUT\"", "/dev/stdout")
said = subprocess.run(["bash", "-ec", run], stdout=subprocess.PIPE, text=True, check=True).stdout
assert json.loads(said.removeprefix("machines=")) == machines, said'
yaml 'both run the machine, and make a report whatever came of it' '
assert l["machine"]["script"] == ["make run"]
assert l["machine"]["after_script"] == l["report"]["script"] == ["make report"]
steps = h["jobs"]["machine"]["steps"]
assert any(s.get("run", "").endswith("make run") for s in steps)
assert {"run": "make report", "if": "always()"} in steps and {"run": "make report"} in h["jobs"]["report"]["steps"]'
yaml 'both keep what people read and what the report of all is made from' '
want = {f"build/*/{f}" for f in ("report.html", "results.json")} | {f"build/*/*/{f}" for f in (
    "junit.xml", "console.log", "verdict", "facts", "filter", "results.ktap", "build.seconds")}
upload = [s["with"]["path"] for s in h["jobs"]["machine"]["steps"] if "upload-artifact" in s.get("uses", "")]
assert want == set(l[".debian"]["artifacts"]["paths"]) == set(upload[0].split()), want'
done_testing
