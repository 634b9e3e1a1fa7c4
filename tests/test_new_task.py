"A new task is one new notebook and no other edit: what CONTRIBUTING.md walks through, done in a copy of the checkout"
import os, re, shutil, subprocess, sys, textwrap
import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from test_project import bins, files, root

def notebooks(guide):
    "`(file, cells)` of the notebooks that the guide walks through"
    names = re.findall(r'`(nbs/\w+_pretext\.(?:upside_down|tico)\.ipynb)`', guide)
    exports = re.findall(r'`(#\| default_exp pretext\.\w+?)`', guide)
    codes = [textwrap.dedent(o) for o in re.findall(r' *```python\n(.*?)```', guide, re.S)]
    for name,export,code in zip(names, exports, codes, strict=True):
        yield name, [new_markdown_cell('# A task\n\n> Is it?'), new_code_cell(export), new_code_cell(code)]

def test_walkthroughs(tmp_path):
    for f in files():
        (tmp_path/f).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root/f, tmp_path/f)
    for name,cells in notebooks((root/'CONTRIBUTING.md').read_text(encoding='utf-8')):
        assert len([l for l in cells[-1].source.splitlines() if l])<30
        nbformat.write(new_notebook(cells=cells), tmp_path/name)
    env = dict(os.environ, PYTHONPATH=str(tmp_path))
    def run(*cmd): return subprocess.run([str(c) for c in cmd], cwd=tmp_path, env=env, capture_output=True, text=True)
    before = {f: (tmp_path/f).read_bytes() for f in files()}
    r = run(bins/'nbdev-export')
    assert r.returncode==0, r.stderr
    changed = {f for f,b in before.items() if (tmp_path/f).read_bytes()!=b}
    assert changed <= {'imagewang_ssl/_modidx.py'}, changed
    code = '''
from imagewang_ssl.all import *
from imagewang_ssl.cli import tasks_cmd
small = dict(size=32, arch='test_resnet')
print(UpsideDown.__module__, get_pretext("upside_down", p=.4).check(**small))
print(TiCo.__module__, get_pretext("tico", rho=20.).check(**small))
tasks_cmd([])'''
    r = run(sys.executable, '-W', 'ignore', '-c', code)
    modules = [l.partition(' (')[0] for l in r.stdout.splitlines()[:2]]
    assert modules==['imagewang_ssl.pretext.upside_down','imagewang_ssl.pretext.tico'], r.stdout+r.stderr
    assert 'upside_down  [class]  Tell whether an image is upside down' in r.stdout, r.stdout
    assert 'tico  [views]  Transformation invariance' in r.stdout and 'Weight of the energy' in r.stdout, r.stdout
    assert 'Probability that an image is turned' in r.stdout, r.stdout
