# SPDX-License-Identifier: MIT
"""What the pipeline tests share: running gst-launch-1.0 with a guard, and the Test Anything Protocol."""
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "examples" / "samples"
DATA = ROOT / "tests" / "data"

# Far above what any of these pipelines takes: only there so that one that hangs is a failed test.
GUARD_SECONDS = 300


class Outcome:
    """How a command ended."""

    def __init__(self, code, output, errors):
        self.code = code  # exit status; negative: the signal that ended it; None: it hung and was ended
        self.output = output
        self.errors = errors

    def sentences(self, elements=""):
        """The error sentences that gst-launch-1.0 printed, of all elements or of those types; it prints some twice."""
        pattern = re.compile(rf"ERROR: from element \S*/({elements or '[^/]*'}):[^/]*: .")
        return sorted({line for line in self.errors.splitlines() if pattern.match(line)})

    def describe(self):
        how = "hung" if self.code is None else f"ended with {self.code}"
        return f"{how}\n{self.output[-2000:]}{self.errors[-4000:]}"


def communicate(process, guard):
    """Waits for the end.  gst-launch-1.0 1.22 sometimes prints an early error and then waits for ever, with any element
    (seven times in a thousand with oggdemux): it has said all that it has to say, and is interrupted."""
    try:
        return process.communicate(timeout=min(guard, 20))
    except subprocess.TimeoutExpired as late:
        if b"ERROR: from element" in (late.stderr or b""):
            os.killpg(process.pid, signal.SIGINT)
        return process.communicate(timeout=guard)


def run(command, folder, env=None, guard=GUARD_SECONDS):
    """Runs a list of arguments, or a line for sh, in a folder."""
    arguments = command if isinstance(command, list) else ["sh", "-ec", command]
    process = subprocess.Popen(
        arguments, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True)
    try:
        output, errors = communicate(process, guard)
        code = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, errors = process.communicate()
        code = None
    return Outcome(code, output.decode("utf-8", "replace"), errors.decode("utf-8", "replace"))


def launch(pipeline, folder, env=None):
    """Runs gst-launch-1.0 -q with a pipeline description; a crash ends it instead of waiting for a debugger."""
    return run(["gst-launch-1.0", "--no-fault", "-q", *shlex.split(pipeline)], folder, env)


def workspace():
    """A temporary folder that looks like the repository to pipelines that name examples/ and tests/."""
    folder = tempfile.TemporaryDirectory(prefix="deepseekocr-")
    for name in ("examples", "tests"):
        os.symlink(ROOT / name, pathlib.Path(folder.name) / name)
    return folder


class Skip(Exception):
    """Raised by a test that cannot run here; the text says why."""


class Suite:
    """Runs functions as tests and prints the Test Anything Protocol."""

    def __init__(self):
        self.number = 0
        self.failed = 0

    def test(self, name, function, *arguments):
        self.number += 1
        try:
            function(*arguments)
        except Skip as reason:
            print(f"ok {self.number} - {name} # SKIP {reason}", flush=True)
        except Exception as error:  # every failure of a test is that test's failure only
            self.failed += 1
            details = str(error) if isinstance(error, AssertionError) else traceback.format_exc()
            print(f"not ok {self.number} - {name}", flush=True)
            # Standard error, because Meson shows that of a failed test.
            print(f"--- {name}: {details}", file=sys.stderr, flush=True)
        else:
            print(f"ok {self.number} - {name}", flush=True)

    def close(self):
        print(f"1..{self.number}")
        return 1 if self.failed else 0


def check_success(outcome):
    assert outcome.code == 0, outcome.describe()
    assert "CRITICAL" not in outcome.errors and "GLib-GObject-WARNING" not in outcome.errors, outcome.describe()
