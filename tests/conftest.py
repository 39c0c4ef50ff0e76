"""For every test: no network, a cache of its own, and quiet libraries."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tl_helpers import offline  # noqa: E402

# Before any library reads them. A folder for each process: with -n auto several run side by side.
_folder = tempfile.TemporaryDirectory(prefix="tl-tests-", ignore_cleanup_errors=True)
for name in ("TL_SEEDS", "TL_ROOT", "TL_DATA", "TL_OFFLINE", "TL_STATIC", "TL_PROGRESS",
             "HF_ENDPOINT"):  # fmt: skip
    os.environ.pop(name, None)
os.environ.update(
    offline.SWITCHES,
    TL_CACHE=str(Path(_folder.name) / "cache"),
    TL_QUIET="1",
    TL_THREADS="1",
    HF_HOME=str(Path(_folder.name) / "hf"),
    HF_HUB_DISABLE_PROGRESS_BARS="1",
    HF_DATASETS_DISABLE_PROGRESS_BARS="1",
    MPLBACKEND="Agg",
    OMP_NUM_THREADS="1",
    TOKENIZERS_PARALLELISM="false",
    TRANSFORMERS_VERBOSITY="error",
)
# For the programs that tests start: they find the package, and refuse the network as well.
os.environ["TL_OFFLINE"] = "1"
os.environ["PYTHONPATH"] = os.pathsep.join(
    [str(ROOT / "tl_helpers" / "_offline"), str(ROOT), os.environ.get("PYTHONPATH", "")]
).rstrip(os.pathsep)

offline.refuse_network()
