"""Write the contract as it is packaged: openapi/authority.yaml into src/gateway/conformance/authority.json.

    .venv/bin/python tools/pack_contract.py

Run it after a change of the contract; a test holds that the two are the same. The package reads JSON, so that a state's
engineer needs no YAML library.
"""

import json
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
SOURCE, TARGET = ROOT / "openapi" / "authority.yaml", ROOT / "src" / "gateway" / "conformance" / "authority.json"


def packed() -> str:
    """Return the text of the packaged file."""
    contract = yaml.safe_load(SOURCE.read_text("utf-8"))
    return json.dumps(contract, ensure_ascii=False, default=str, indent=1) + "\n"


if __name__ == "__main__":
    TARGET.write_text(packed(), encoding="utf-8")
    print(f"wrote {TARGET}")
