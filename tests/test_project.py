"The project as a whole: what is generated is current, and what a user types works"
import ast, filecmp, graphlib, json, re, shutil, subprocess, sys, zipfile
from configparser import ConfigParser
from pathlib import Path
import pytest

root = Path(__file__).parent.parent
bins = Path(sys.executable).parent

def run(*cmd, cwd=root): return subprocess.run([str(c) for c in cmd], cwd=cwd, capture_output=True, text=True)

def files():
    "What is in the checkout, but for what git ignores"
    r = run('git', 'ls-files', '--cached', '--others', '--exclude-standard', '-z')
    return [f for f in r.stdout.split('\0') if f and (root/f).is_file()]

@pytest.fixture(scope='module')
def copy(tmp_path_factory):
    "A copy of the checkout to generate things in"
    dest = tmp_path_factory.mktemp('copy')
    for f in files():
        (dest/f).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root/f, dest/f)
    return dest

def differing(copy, under):
    "Files under `under` that differ between checkout and copy"
    def files_of(d):
        files = [p for p in (d/under).rglob('*') if p.is_file() and '__pycache__' not in p.parts]
        return {p.relative_to(d) for p in files}
    a,b = files_of(root),files_of(copy)
    return sorted(str(f) for f in a|b if f not in a&b or not filecmp.cmp(root/f, copy/f, shallow=False))

def test_exported(copy):
    r = run(bins/'nbdev-export', cwd=copy)
    assert r.returncode==0, r.stderr
    assert differing(copy, 'imagewang_ssl')==[], 'run nbdev-export'

def test_clean(copy):
    r = run(bins/'nbdev-clean', cwd=copy)
    assert r.returncode==0, r.stderr
    assert differing(copy, 'nbs')==[], 'run nbdev-clean'

def test_pages(copy):
    "README.md, docs/results.md and their pictures are what the notebooks give"
    r = run(sys.executable, '.ci/readme.py', cwd=copy)
    assert r.returncode==0, r.stderr
    for f in 'README.md','docs/results.md': assert filecmp.cmp(root/f, copy/f, shallow=False), f'{f}: run make readme'
    assert differing(copy, 'nbs')==[], 'run make readme'

def links_of(page):
    "Links in the Markdown file `page` that lead to files, but for those in code"
    text = re.sub(r'```.*?```|^    .*?$', '', (root/page).read_text(encoding='utf-8'), flags=re.S|re.M)
    return re.findall(r'\]\(([^)\s:#]+)(?:#[^)\s]*)?\)', text)

def test_readme_is_short():
    "The whole is at most 120 lines, and the first screen has a picture, a command, a button and a table"
    lines = (root/'README.md').read_text(encoding='utf-8').splitlines()
    assert len(lines)<=120, 'what is longer belongs into docs/'
    screen = '\n'.join(lines[:25])
    assert all(o in screen for o in ('![Image', '    make demo', 'colab-badge.svg', '|---|')), screen

pages = ['README.md','CONTRIBUTING.md', *(f'docs/{o.name}' for o in (root/'docs').glob('*.md'))]

@pytest.mark.parametrize('page', sorted(pages))
def test_links(page):
    "What the pages link to is there"
    missing = [l for l in links_of(page) if not (root/page).parent.joinpath(l).exists()]
    assert missing==[] and (links_of(page) or page!='README.md')

def test_leaderboard():
    r = run(bins/'iwang-board', '--check', 'leaderboard.csv')
    assert r.returncode==0, r.stderr+'run make board'

def test_addresses():
    "Every link to the repository is to the one in settings.ini"
    ini = ConfigParser(delimiters=['='])
    ini.read(root/'settings.ini', encoding='utf-8')
    own = ini['DEFAULT']['git_url'].removeprefix('https://github.com/')
    texts = [root/'README.md', *(root/'nbs').rglob('*.ipynb')]
    link = r'(?:colab\.research\.google\.com/github/|git\+https://github\.com/)([\w-]+/[\w-]+)'
    found = {m for t in texts for m in re.findall(link, t.read_text(encoding='utf-8'))}
    assert found=={own}

def test_no_photos():
    photos = [f for f in files() if f.lower().endswith(('.jpg','.jpeg','.webp'))]
    assert photos==[]

bad = """iwang-run --task rotatoin
iwang-finetune --epochs 0
iwang-data --source /no/such/folder
iwang-run --official --size 100
iwang-pretrain --colour red
iwang-pretrain --bs 1
iwang-run --size 32 --save_to /dev/null/runs"""

@pytest.mark.parametrize('args', [l.split() for l in bad.splitlines()])
def test_bad_input(args, tmp_path):
    "One clear line and a non-zero status, as a shell sees it"
    r = run(bins/args[0], *args[1:], cwd=tmp_path)
    assert r.returncode!=0 and r.stdout=='' and r.stderr.count('\n')==1, r.stdout+r.stderr
    assert list(tmp_path.iterdir())==[]

def test_stopped_and_started_again(tmp_path):
    "A command that was stopped finds the encoder that it made"
    small = '--size 32 --epochs 1 --pretrain_epochs 1 --runs 1 --encoder test_resnet'
    args = [bins/'iwang-run', '--task', 'rotation', *small.split()]
    first = run(*args, cwd=tmp_path)
    assert first.returncode==0, first.stderr
    (encoder,),(record,) = [list((tmp_path/d).iterdir()) for d in ('out','runs')]
    assert encoder.name.startswith('sample-rotation-32px-1ep-seed0-')
    record.unlink()
    again = run(*args, cwd=tmp_path)
    assert again.returncode==0 and 'not trained again' in again.stdout, again.stdout+again.stderr
    assert again.stdout.count('train_loss')==1 and len(list((tmp_path/'runs').iterdir()))==1

def test_public_api():
    code = 'from imagewang_ssl.all import *\nprint(Rotation().name, Learner.__name__, get_imagewang.__name__)'
    r = run(sys.executable, '-W', 'ignore', '-c', code)
    assert r.stdout.split()==['rotation','Learner','get_imagewang'], r.stderr

def test_names_are_unique():
    "No two modules export the same name, or one would hide the other in imagewang_ssl.all"
    code = '''import importlib,pkgutil,collections,imagewang_ssl
names = [m.name for m in pkgutil.walk_packages(imagewang_ssl.__path__, 'imagewang_ssl.')]
mods = [importlib.import_module(name) for name in names if not name.endswith('.all')]
at = collections.defaultdict(list)
for m in mods:
    for n in getattr(m, '__all__', []): at[n].append(m.__name__)
print({n:ms for n,ms in at.items() if len(ms)>1})'''
    r = run(sys.executable, '-W', 'ignore', '-c', code)
    assert r.stdout.strip()=='{}', r.stdout+r.stderr

def test_wheel(copy):
    "What a wheel holds is enough: no module and no data file is left out"
    r = run(sys.executable, 'setup.py', '-q', 'bdist_wheel', cwd=copy)
    assert r.returncode==0, r.stderr
    with zipfile.ZipFile(next((copy/'dist').glob('*.whl'))) as z: held = set(z.namelist())
    assert [f for f in files() if f.startswith('imagewang_ssl/') and f not in held]==[]

def own_modules():
    "The exported modules without the package's name, lowest floor first: the floors are the notebooks in their order"
    texts = [f.read_text(encoding='utf-8') for f in sorted((root/'nbs').glob('*.ipynb'))]
    exports = [re.search(r'#\| default_exp ([\w.]+)', t) for t in texts]
    return [m[1] for m in exports if m]

def source_of(module): return (root/'imagewang_ssl'/f'{module.replace(".", "/")}.py').read_text(encoding='utf-8')

def imports(module, code, known):
    "`(module, name)` for each name that `code` imports from a module of ours, or reads from one it has imported whole"
    local = {}
    for n in ast.walk(ast.parse(code)):
        if isinstance(n, ast.Import):
            for a in n.names:
                if a.name.startswith('imagewang_ssl.') and (m := a.name.split('.', 1)[1]) in known:
                    yield m,None
                    local[a.asname or a.name] = m
        elif isinstance(n, ast.ImportFrom):
            at = ['imagewang_ssl',*module.split('.')][:-n.level] if n.level else []
            at = '.'.join(filter(None, [*at, n.module]))+'.'
            if not at.startswith('imagewang_ssl.'): continue
            at = at.removeprefix('imagewang_ssl.')
            for a in n.names:
                if at+a.name in known:
                    yield at+a.name,None
                    local[a.asname or a.name] = at+a.name
                elif at[:-1] in known: yield at[:-1],a.name
    for n in ast.walk(ast.parse(code)):
        if isinstance(n, ast.Attribute) and (m := local.get(ast.unparse(n.value))): yield m,n.attr

def faults(sources):
    "Arrows up, private names and circles in the imports of `sources`: code by module, lowest floor first"
    floor = {m:i for i,m in enumerate(sources)}
    found = set()
    graph = {}
    for m,code in sources.items():
        graph[m] = set()
        for other,name in imports(m, code, sources):
            graph[m].add(other)
            if floor[other]>=floor[m]: found.add(f'{m} is below {other}')
            if name and name[0]=='_': found.add(f'{m} uses {other}.{name}')
    try: graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as e: found.add(' <- '.join(e.args[1]))
    return found

def test_imports_fall():
    "No circle, no arrow up the floors, no private name of one module used in another"
    sources = {m: source_of(m) for m in own_modules()}
    found = faults(sources)
    assert found==set(), 'import from a lower notebook, and only public names'
    assert not list(imports('basics', sources['basics'], sources)), 'basics imports nothing of ours'

families = {('pretext.split_brain','pretext.colorization')} # Two tasks that are one story in two notebooks

def test_tasks_are_no_libraries():
    "A task takes from another task's module only a task that it builds on: what else is shared stands on a shelf"
    code = """from imagewang_ssl.pretext.core import *
import json
print(json.dumps({c.__module__.split('.', 1)[1]: c.__name__ for c in map(pretext_class, list_pretexts())}))"""
    r = subprocess.run([sys.executable, '-W', 'ignore', '-c', code], cwd=root, capture_output=True, text=True)
    tasks = json.loads(r.stdout)
    sources = {m: source_of(m) for m in own_modules()}
    def classes(m): return [n for n in ast.parse(sources[m]).body if isinstance(n, ast.ClassDef)]
    def bases(m): return {ast.unparse(b) for c in classes(m) for b in c.bases}
    def builds_on(m, other, name): return name in {c.name for c in classes(other)} & bases(m)
    used = {(m,o,name) for m in sources if m.startswith('pretext.') for o,name in imports(m, sources[m], sources)}
    shared = {u for u in used if u[1] in tasks and u[:2] not in families and not builds_on(*u)}
    assert len(tasks)>20 and shared==set()

def test_imports_noticed():
    "What `test_imports_fall` looks for is found when it is there"
    low = {'basics':'', 'data':'from .basics import check', 'pretext.core':'from ..data import read',
        'record':'from imagewang_ssl import data\nimport imagewang_ssl.pretext.core'}
    assert faults(low)==set()
    for module,code,said in [
        ('basics', 'from .data import read', 'basics is below data'),
        ('data', 'def f():\n    from . import record', 'data is below record'),
        ('data', 'from .pretext.core import x', 'data is below pretext.core'),
        ('pretext.core', 'from ..data import _read', 'pretext.core uses data._read'),
        ('record', 'from imagewang_ssl import data\ndata._read()', 'record uses data._read'),
        ('record', 'import imagewang_ssl.data as d\nd._read()', 'record uses data._read')]:
        found = faults({**low, module:code})
        circle = {o for o in found if ' <- ' in o}
        assert found-circle=={said} and bool(circle)==('below' in said), (module, code, found)
