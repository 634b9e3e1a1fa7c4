"""Every notebook runs from top to bottom; cells marked slow do not.

Each runs in a process of its own.
"""
import os, sys
from pathlib import Path
import pytest
from procs import start

root = Path(__file__).parent.parent
paths = [p.relative_to(root) for p in (root/'nbs').rglob('*.ipynb')]
notebooks = sorted(p.as_posix() for p in paths if '.ipynb_checkpoints' not in p.parts)

def run(path):
    "Run the notebook `path`; the exit status is 0 when all is well"
    from nbdev.test import get_config, test_nb
    os.chdir(root)
    sys.exit(not test_nb(path, skip_flags=get_config().tst_flags.split())[0])

@pytest.mark.parametrize('path', notebooks)
def test_runs(path, tmp_path):
    p = start(tmp_path/'log', run, path)
    p.join()
    assert p.exitcode==0, (tmp_path/'log').read_text()

@pytest.mark.parametrize('path', notebooks)
def test_small(path): assert (root/path).stat().st_size < 2**20, f'{path} is over 1 MB: make its outputs smaller'
