"""Make `.venv` what the requirement files say; run by the machine's own Python, so standard library only.

    python3 deploy/install.py [--dev | --lock]

uv is fetched as a package, so that nothing but Python and a package registry is needed. A second call finds the stamp
in `.venv` and returns at once.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
TOOLS = ROOT / "var" / "tools"
UV = "uv>=0.9,<1"
BEGUN = time.monotonic()


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"[{time.monotonic() - BEGUN:6.1f} s] {text}", flush=True)


def digest(*names: str) -> str:
    """Give the hash of what an installation depends on: the files, and where the clone lies."""
    content = b"\0".join((ROOT / name).read_bytes() for name in names)
    return hashlib.sha256(str(ROOT).encode() + content).hexdigest()


def run(*command: str | Path, environment: dict[str, str] | None = None) -> None:
    """Run a command whose output the person sees, with a sign of life now and then; end when it fails."""
    words = [str(word) for word in command]
    with subprocess.Popen(words, cwd=ROOT, env=environment) as process:
        while True:
            try:
                status = process.wait(timeout=15)
                break
            except subprocess.TimeoutExpired:
                say("still at it")
    if status:
        sys.exit(f"setup: `{' '.join(words)}` ended with status {status}; its message stands above.")


def network_environment() -> dict[str, str]:
    """Give uv the registry and certificates that pip is set up with: uv itself does not read pip's settings."""
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment.setdefault("UV_HTTP_TIMEOUT", environment.get("PIP_DEFAULT_TIMEOUT", "180"))
    asked = {"SSL_CERT_FILE": ("PIP_CERT", "global.cert"), "UV_DEFAULT_INDEX": ("PIP_INDEX_URL", "global.index-url")}
    for name, (variable, key) in asked.items():
        value = environment.get(name) or environment.get(variable) or pip_setting(key)
        if value:
            environment[name] = value
    if not environment.get("SSL_CERT_FILE"):
        environment.setdefault("UV_SYSTEM_CERTS", "true")
    return environment


def pip_setting(key: str) -> str:
    """Ask pip for one of its settings; empty where there is none, or no pip."""
    command = [tools_python(), "-m", "pip", "config", "get", key]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def tools_python() -> str:
    """Give the Python whose pip fetches uv: that of `var/tools`, or the machine's where it cannot make environments."""
    python = TOOLS / "bin" / "python"
    return str(python) if python.exists() else sys.executable


def uv_command() -> list[str]:
    """Find uv, or fetch it into `var/tools`.

    Debian's python3 lacks `ensurepip` without python3-venv: then the machine's pip puts uv into a plain folder.
    """
    if (TOOLS / "bin" / "uv").exists():
        return [str(TOOLS / "bin" / "uv")]
    say("uv: fetching it into var/tools")
    TOOLS.parent.mkdir(exist_ok=True)
    made = subprocess.run([sys.executable, "-m", "venv", TOOLS], capture_output=True, text=True, check=False)
    if made.returncode == 0:
        run(TOOLS / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", UV)
    elif importlib.util.find_spec("pip"):
        shutil.rmtree(TOOLS, ignore_errors=True)
        run(sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--target", TOOLS, UV)
    elif found := shutil.which("uv"):
        shutil.rmtree(TOOLS, ignore_errors=True)
        return [found]
    else:
        shutil.rmtree(TOOLS, ignore_errors=True)
        sys.exit(
            f"setup: {sys.executable} has neither `venv` nor `pip`, so uv cannot be fetched. "
            "On Debian or Ubuntu: apt-get install python3-venv. Or install uv yourself and have it on PATH."
        )
    return [str(TOOLS / "bin" / "uv")]


def install(dev: bool) -> None:
    """Bring `.venv` up to date, if it is not."""
    if VENV.is_symlink():
        say(f".venv is a link to {VENV.resolve()}: left as it is")
        return
    stamp = VENV / ".cdmp-installed"
    wanted = {"run": digest("requirements.txt", "pyproject.toml")}
    if dev:
        wanted["dev"] = digest("requirements-dev.txt")
    try:
        done = json.loads(stamp.read_text())
    except (FileNotFoundError, ValueError):
        done = {}
    if all(done.get(kind) == value for kind, value in wanted.items()) and (VENV / "bin" / "python").exists():
        return
    uv = uv_command()
    environment = network_environment()
    if not (VENV / "bin" / "python").exists():
        say("Python: making .venv")
        python = sys.executable if sys.version_info[:2] == (3, 11) else "3.11"
        run(*uv, "venv", "-q", "--allow-existing", "--python", python, VENV, environment=environment)
    environment["VIRTUAL_ENV"] = str(VENV)
    files = [word for name in ("requirements.txt", "requirements-dev.txt")[: 1 + dev] for word in ("-r", name)]
    say(f"packages: {' '.join(files[1::2])} (a few minutes the first time)")
    # compiled once here, not by four processes at the first start; a warning of the compiler is no matter of ours
    run(*uv, "pip", "install", "-q", "--compile-bytecode", *files, environment=environment)
    run(*uv, "pip", "install", "-q", "--no-deps", "-e", ".", environment=environment)
    stamp.write_text(json.dumps({**done, **wanted}))
    say("packages: ready")


def lock() -> None:
    """Compile the short lists of direct dependencies into the pinned files."""
    uv = uv_command()
    environment = network_environment()
    options = ("--python-version", "3.11", "--no-emit-index-url", "--custom-compile-command", "make lock", "-q")
    for name in ("requirements", "requirements-dev"):
        say(f"{name}.in → {name}.txt")
        run(*uv, "pip", "compile", f"{name}.in", "-o", f"{name}.txt", *options, environment=environment)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Make .venv what the requirement files say.")
    parser.add_argument("--dev", action="store_true", help="what tests, checks and benchmarks need, too")
    parser.add_argument("--lock", action="store_true", help="compile requirements*.in instead")
    if sys.version_info < (3, 9):  # noqa: UP036 - the machine's Python, before there is a .venv
        sys.exit("setup: needs Python 3.9 or newer to start with; the platform itself runs on Python 3.11.")
    arguments = parser.parse_args()
    if arguments.lock:
        lock()
    else:
        install(arguments.dev)


if __name__ == "__main__":
    main()
