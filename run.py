#!/usr/bin/env python3
"""Set up and run the gateway: demo, test, run, bench, soak, lint, lock, screenshots.

Standard library only: it is what a machine with Python and nothing else starts with. It makes the virtual environment,
installs what the lock names (checked by hash), and passes every further argument on. What it says goes to standard
error, so that ``demo --json`` has standard output for itself.
"""

import contextlib
import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
from typing import NoReturn

ROOT = pathlib.Path(__file__).resolve().parent
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
VERBS = {
    "demo": "play three months of a sample mutual and print what became of every peso",
    "test": "lint, type-check and run every test",
    "run": "serve the gateway on an embedded database under data/",
    "bench": "measure, each figure against a limit of the same run",
    "soak": "run the long tests, and property tests on examples nobody has seen",
    "lint": "ruff, mypy and the import rules alone",
    "lock": "write the lock files anew from pyproject.toml",
    "screenshots": "take the pictures of the main pages into docs/pictures",
}


def say(words: str) -> None:
    """Tell the person at the terminal, on standard error."""
    print(words, file=sys.stderr, flush=True)


def stop(words: str) -> NoReturn:
    """End with a sentence that says what to do."""
    sys.exit(f"run.py: {words}")


def installed_by_apt(*packages: str) -> bool:
    """Install Debian packages where that is possible (apt, as root); tell whether it was."""
    if shutil.which("apt-get") is None or WINDOWS or os.geteuid() != 0:
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", *packages]):
        done = subprocess.run(["apt-get", *command], env=environment, stdout=subprocess.DEVNULL, check=False)
        if done.returncode:
            return False
    return True


def make_venv() -> None:
    """Make the virtual environment, installing Python's own venv parts on a bare Debian."""
    if PYTHON.exists() and (VENV / "pyvenv.cfg").exists():
        return
    say("Making a virtual environment in .venv …")
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        if not (installed_by_apt("python3-venv") or installed_by_apt(version)):
            stop(
                "Python's venv module is incomplete here; install your system's python3-venv package and run this again"
            )
    if subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=False).returncode:
        stop(f"could not make {VENV}; is the disk full or the folder read-only?")


def ensure(lock: str) -> None:
    """Install what a lock names, once per content of the lock."""
    if sys.version_info < (3, 11):  # noqa: UP036 — this file starts on whatever Python is there
        stop(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}")
    text = (ROOT / lock).read_bytes()
    mark = VENV / f".{lock}.sha256"
    wanted = hashlib.sha256(text).hexdigest()
    if mark.exists() and mark.read_text() == wanted and PYTHON.exists():
        return
    make_venv()
    say(f"Installing what {lock} names, checked by hash; this takes a minute or two …")
    began = time.monotonic()
    pip = [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input"]
    if subprocess.run([*pip, "--require-hashes", "-r", str(ROOT / lock)], stdout=sys.stderr, check=False).returncode:
        stop(
            "the packages could not be installed; is the network there, and the disk not full? Run this again when it is"
        )
    put_sources_on_path()
    mark.write_text(wanted)
    say(f"Installed in {time.monotonic() - began:.0f} s.")


def put_sources_on_path() -> None:
    """Let the environment find the sources, and give it the ``gateway`` command; needs no build and no network."""
    found = subprocess.run(
        [str(PYTHON), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    pathlib.Path(found.stdout.strip(), "gateway-sources.pth").write_text(f"{ROOT / 'src'}\n", encoding="utf-8")
    script = VENV / ("Scripts/gateway.py" if WINDOWS else "bin/gateway")
    script.write_text(f"#!{PYTHON}\nfrom gateway.cli import main\n\nmain()\n", encoding="utf-8")
    script.chmod(0o755)


def find_browser() -> None:
    """Find Chromium or install it; the page tests need one. Without windows, where it is to be had, it takes a fifth less time."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
    if any(map(shutil.which, names)):
        return
    say("Installing Chromium for the tests of the pages …")
    if not (installed_by_apt("chromium-headless-shell") or installed_by_apt("chromium")):
        subprocess.run([str(PYTHON), "-m", "playwright", "install", "chromium"], stdout=sys.stderr, check=False)


def call(*arguments: object) -> int:
    """Run the environment's Python in the project's folder; return its exit status.

    Whoever ends this process ends what it runs, in order: a server is waited for until it has let go of everything.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1"}
    child = subprocess.Popen([str(PYTHON), *map(str, arguments)], env=environment, cwd=ROOT)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    while True:
        # An interrupt from the keyboard reaches the child as well.
        with contextlib.suppress(KeyboardInterrupt):
            return child.wait()


def lint() -> int:
    """Run every check that reads the code without running it; all of them, then say which failed."""
    checks = {
        "ruff check": ["-m", "ruff", "check", "."],
        "ruff format": ["-m", "ruff", "format", "--check", "."],
        "mypy --strict": ["-m", "mypy"],
        "import rules": ["-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
    }
    failed = []
    for name, arguments in checks.items():
        say(f"— {name}")
        if call(*arguments):
            failed.append(name)
    if failed:
        say(f"Failed: {', '.join(failed)}")
    return 1 if failed else 0


def test(arguments: list[str]) -> int:
    """Run the linters and every test; with arguments, only the tests they name."""
    if (ROOT / "tests" / "pages").is_dir():
        find_browser()
    if arguments:
        return call("-m", "pytest", *arguments)
    linted = lint()
    # The longest tests wait for processes: who is done takes work from who is not.
    tested = call("-m", "pytest", "-q", "-n", "2", "--dist", "worksteal")
    return linted or tested


def soak(arguments: list[str]) -> int:
    """Run the long tests, then every property test on examples that nobody has seen; with arguments, the long tests they name."""
    long = call("-m", "pytest", "-q", "-m", "soak", *arguments)
    if arguments:
        return long
    searched = call("-m", "pytest", "-q", "-n", "2", "-m", "hypothesis and not soak", "--hypothesis-profile=search")
    return long or searched


def lock() -> int:
    """Write the lock files: every platform, with hashes, and no address in them."""
    base = ["pip", "compile", "pyproject.toml", "--universal", "--python-version", "3.11", "--generate-hashes"]
    base += ["--no-header", "--no-annotate", "--no-emit-index-url", "--upgrade", "-q"]
    statuses = [
        call("-m", "uv", *base, "-o", "requirements.lock"),
        call("-m", "uv", *base, "--extra", "test", "-o", "requirements-test.lock"),
    ]
    return max(statuses)


def main() -> int:
    """Do what the first argument says."""
    verb, arguments = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else ("", [])
    if verb not in VERBS:
        say(
            "usage: python3 run.py VERB [ARGUMENT …]\n"
            + "\n".join(f"  {name:12} {what}" for name, what in VERBS.items())
        )
        return 2
    ensure("requirements.lock" if verb in {"demo", "run"} else "requirements-test.lock")
    if verb == "test":
        return test(arguments)
    if verb == "screenshots":
        find_browser()
        return call("-m", "tests.pages.pictures", *arguments)
    if verb == "lint":
        return lint()
    if verb == "soak":
        return soak(arguments)
    if verb == "lock":
        return lock()
    commands = {
        "demo": ["-m", "gateway.cli", "demo"],
        "run": ["-m", "gateway.cli", "serve", "--with-worker"],
        "bench": ["-m", "benchmarks"],
    }
    return call(*commands[verb], *arguments)


if __name__ == "__main__":
    sys.exit(main())
