"A new task is one new notebook and no other edit: what CONTRIBUTING.md walks through, done in a copy of the checkout"
import os, re, shutil, subprocess, sys, textwrap
import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from test_project import bins, files, root

def test_walkthrough(tmp_path):
    for f in files():
        (tmp_path/f).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root/f, tmp_path/f)
    guide = (root/'CONTRIBUTING.md').read_text(encoding='utf-8')
    name = re.search(r'`(nbs/\d+_pretext\.upside_down\.ipynb)`', guide)[1]
    export = re.search(r'`(#\| default_exp .*?)`', guide)[1]
    code = textwrap.dedent(re.search(r' *```python\n(.*?)```', guide, re.S)[1])
    cells = [new_markdown_cell('# Upside down\n\n> Is it?'), new_code_cell(export), new_code_cell(code)]
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
print(UpsideDown.__module__, get_pretext("upside_down", p=.4).check())
tasks_cmd([])'''
    r = run(sys.executable, '-W', 'ignore', '-c', code)
    assert r.stdout.startswith('imagewang_ssl.pretext.upside_down ('), r.stdout+r.stderr
    assert 'upside_down  [class]  Tell whether an image is upside down' in r.stdout, r.stdout
    assert 'Probability that an image is turned' in r.stdout, r.stdout
