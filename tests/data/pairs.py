"""Writes tests/data/pairs.json: for each API, lives in which every two settings of different switches come together.

Run by `make pairs`, after tests/data/switches.json changed. The combinations are chosen by allpairspy; a test of the
cluster checks that none is missing.
"""

import json
import pathlib

from allpairspy import AllPairs

HERE = pathlib.Path(__file__).parent


def rows(switches):
    """The rows, as the number of each switch's setting."""
    return [list(row) for row in AllPairs([list(range(len(switch["settings"]))) for switch in switches])]


def main():
    """Writes the file: a row a line."""
    apis = json.loads((HERE / "switches.json").read_text())
    parts = []
    for api, switches in apis.items():
        lines = ",\n".join("    " + json.dumps(row) for row in rows(switches))
        parts.append(f'  "{api}": [\n{lines}\n  ]')
    (HERE / "pairs.json").write_text("{\n" + ",\n".join(parts) + "\n}\n")


main()
