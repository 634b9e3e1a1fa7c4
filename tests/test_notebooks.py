"""Every notebook runs from top to bottom; cells marked slow do not.

Each runs in a process of its own, forked from one that has already imported the package: half a minute of training does
not wait for six seconds of imports.
"""
import multiprocessing, os, sys
from pathlib import Path
import pytest

root = Path(__file__).parent.parent
notebooks = sorted(p.relative_to(root).as_posix() for p in (root/'nbs').rglob('*.ipynb') if '.ipynb_checkpoints' not in p.parts)
os.environ.update(MPLBACKEND='agg', COLUMNS='100')
server = multiprocessing.get_context('forkserver')
server.set_forkserver_preload(['imagewang_ssl.all', 'nbdev.test', 'sklearn.linear_model', 'lightly.loss'])

def run(path, log):
    "Run the notebook `path`, with what it prints going to the file `log`; the exit status is 0 when all is well"
    for f in 1,2: os.dup2(os.open(log, os.O_WRONLY|os.O_CREAT|os.O_APPEND), f)
    from nbdev.test import get_config, test_nb
    os.chdir(root)
    sys.exit(not test_nb(path, skip_flags=get_config().tst_flags.split())[0])

@pytest.mark.parametrize('path', notebooks)
def test_runs(path, tmp_path):
    p = server.Process(target=run, args=(path, tmp_path/'log'))
    p.start()
    p.join()
    assert p.exitcode==0, (tmp_path/'log').read_text()

@pytest.mark.parametrize('path', notebooks)
def test_small(path): assert (root/path).stat().st_size < 2**20, f'{path} is over 1 MB: make its outputs smaller'
