"Every notebook runs from top to bottom; cells marked slow do not"
import os, subprocess, sys
from pathlib import Path
import pytest

root = Path(__file__).parent.parent
notebooks = sorted(p.relative_to(root).as_posix() for p in (root/'nbs').rglob('*.ipynb') if '.ipynb_checkpoints' not in p.parts)

@pytest.mark.parametrize('path', notebooks)
def test_runs(path):
    env = dict(os.environ, MPLBACKEND='agg', COLUMNS='100')
    r = subprocess.run([Path(sys.executable).with_name('nbdev-test'), path], cwd=root, env=env, capture_output=True, text=True)
    assert r.returncode==0, r.stdout+r.stderr

@pytest.mark.parametrize('path', notebooks)
def test_small(path): assert (root/path).stat().st_size < 2**20, f'{path} is over 1 MB: make its outputs smaller'
