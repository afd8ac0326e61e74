"""What the server leaves out and refuses, tried in a process of its own."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_a_pickle_that_names_anything_is_refused() -> None:
    found = run(
        "import pickle, decimal\n"
        "from serving.lightness import refuse_pickles\n"
        "text = pickle.dumps(decimal.Decimal(1))\n"
        "assert pickle.loads(text) == 1\n"
        "refuse_pickles()\n"
        "assert pickle.loads(pickle.dumps([1])) == [1]\n"
        "pickle.loads(text)\n"
    )
    assert "The server loads no pickle." in found.stderr


def test_a_heavy_package_is_as_if_it_were_not_installed() -> None:
    found = run(
        "from serving.lightness import leave_out_what_is_unused\n"
        "leave_out_what_is_unused()\n"
        "import pyarrow\n"
        "assert pyarrow.array(['a', None]).null_count == 1\n"
        "import pandas\n"
    )
    assert "The server leaves pandas out." in found.stderr


def test_many_rows_are_explained_without_a_compiler_by_trees_of_any_size() -> None:
    found = run(
        "from serving.lightness import leave_out_what_is_unused, refuse_pickles\n"
        "leave_out_what_is_unused()\n"
        "refuse_pickles()\n"
        "import numpy as np\n"
        "from models.explain.background import PairByPair, background\n"
        "from models.trees import Ensemble, Tree\n"
        "splits = range(9)\n"  # more than fit into a table
        "tree = Tree(feature=[i % 3 for i in splits], threshold=[float(i) for i in splits],\n"
        "            null_left=[True] * 9, value=[i / 7 for i in range(10)],\n"
        "            children=([~i for i in splits], [*range(1, 9), ~9]))\n"
        "ensemble, z = Ensemble((tree,), 0.0, 3), np.zeros(3)\n"
        "assert isinstance(background(ensemble, z), PairByPair)\n"
        "x = np.random.default_rng(1).normal(4, 3, (50, 3))\n"
        "values = background(ensemble, z).values(x)\n"
        "assert values.any()\n"
        "print('explained', len(values))\n"
    )
    assert found.stdout == "explained 50\n", found.stderr
