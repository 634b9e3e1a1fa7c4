"The mutants fit the notebooks of today; `python tests/mutants.py` runs them"
import collections, json, subprocess, sys
import pytest
from mutants import Mutant, mutants, mutated, notebook_path, read_mutants, root, verdict, with_table

@pytest.mark.parametrize('m', mutants(), ids=lambda m: f'{m.task}: {m.name}')
def test_applies(m):
    nb = json.loads(notebook_path(m.within).read_text(encoding='utf-8'))
    changed = mutated(nb, m)
    assert [c['source'] for c in changed['cells']] != [''.join(c['source']) for c in nb['cells']]
    assert m.new != m.old
    assert notebook_path(m.notebook).exists()

def test_enough():
    "Two mutants or more for every pretext task, each with a name of its own"
    code = 'from imagewang_ssl.pretext.core import list_pretexts; print(*list_pretexts())'
    r = subprocess.run([sys.executable, '-W', 'ignore', '-c', code], cwd=root, capture_output=True, text=True)
    count = collections.Counter(m.task for m in mutants())
    assert r.stdout and [t for t in r.stdout.split() if count[t]<2]==[], r.stderr
    assert set(count)-{'shelf'}==set(r.stdout.split())
    assert len({(m.notebook,m.task,m.name) for m in mutants()})==len(mutants())

def test_table():
    guide = (root/'CONTRIBUTING.md').read_text(encoding='utf-8')
    assert '<!-- mutants -->' in guide and with_table(guide, mutants())==guide, 'run python tests/mutants.py --table'

def test_reads():
    ms = read_mutants('# 01_a: b\n\nsign turned @ 02_c\n- x = 1\n- y\n+ x = -1\n\ndropped\n- z')
    turned = Mutant('01_a', 'b', 'sign turned', 'x = 1\ny', 'x = -1', '02_c')
    assert ms==[turned, Mutant('01_a', 'b', 'dropped', 'z', '', '01_a')]
    with pytest.raises(ValueError, match='b, sign turned: a mutant is'): read_mutants('# 01_a: b\n\nsign turned\nx = 1')

def test_mutates():
    "Only exported cells count, and a text that is absent or ambiguous is an error that names the mutant"
    def nb(*sources): return dict(cells=[dict(cell_type='code', source=s) for s in sources])
    m = Mutant('01_a', 'b', 'sign turned', 'x = 1', 'x = -1', '01_a')
    after = mutated(nb('#| export\nx = 1', 'x = 1'), m)
    assert [c['source'] for c in after['cells']]==['#| export\nx = -1', 'x = 1']
    with pytest.raises(ValueError, match='b, sign turned: .* 0 times'): mutated(nb('x = 1'), m)
    with pytest.raises(ValueError, match='b, sign turned: .* 2 times'): mutated(nb('#| export\nx = 1\nx = 1'), m)

def test_verdict():
    "A failed assertion kills; a mutant that cannot even run proves nothing"
    IwangError = type('IwangError', (ValueError,), {})
    assert [verdict(e) for e in (None, AssertionError(), IwangError(), NameError(), SyntaxError(), RuntimeError())]==\
        ['survived','killed','killed','invalid','invalid','invalid']
