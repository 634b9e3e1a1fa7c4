"fast.ai's style guide, as its checker reads it, and no line that is too long"
import json, subprocess, sys
from pathlib import Path
from test_project import files, root

def test_chkstyle():
    r = subprocess.run([Path(sys.executable).parent/'chkstyle'], cwd=root, capture_output=True, text=True)
    assert r.returncode==0, r.stdout

def code_of(path):
    "`(place, line)` of each line of code in `path`"
    text = (root/path).read_text(encoding='utf-8')
    if not path.endswith('.ipynb'): return [(f'{path}:{i}', l) for i,l in enumerate(text.splitlines(), 1)]
    cells = [c for c in json.loads(text)['cells'] if c['cell_type']=='code']
    return [(f"{path} {c['id']}:{i}", l) for c in cells for i,l in enumerate(''.join(c['source']).splitlines(), 1)]

def test_line_length():
    code = [f for f in files() if f.endswith(('.ipynb','.py')) and not f.startswith('imagewang_ssl/')]
    long = [at for f in code for at,l in code_of(f) if len(l)>120]
    assert long==[], 'at most 120 characters'

def test_cell_length():
    "An exported cell is read at one glance: 25 lines, blank ones and its first not counted"
    def lines(c): return [l for l in ''.join(c['source']).splitlines()[1:] if l.strip()]
    long = {}
    for f in files():
        if not f.endswith('.ipynb'): continue
        for c in json.loads((root/f).read_text(encoding='utf-8'))['cells']:
            if ''.join(c['source']).startswith('#| export') and len(lines(c))>25: long[f, c['id']] = len(lines(c))
    assert long=={}, 'split it, or move methods to a cell of `@patch`'
