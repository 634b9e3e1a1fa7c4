"""Break what each pretext task does, one small change at a time: its notebook must fail.

`mutants.txt` holds the changes. Each is made in a copy of the project, the changed notebook is exported, and the task's
notebook runs until a cell fails: at first without the cells that train, for most mutants die elsewhere, and then all of
it. A failed assertion or an `IwangError` kills the mutant; any other error says that the mutant itself is wrong.

    python tests/mutants.py                     # all of them
    python tests/mutants.py --only rotation     # by a part of a notebook's, a task's or a mutant's name
    python tests/mutants.py --list
    python tests/mutants.py --table             # write the table of CONTRIBUTING.md
"""
import argparse, collections, functools, json, multiprocessing, os, re, shutil, sys, tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

root = Path(__file__).parent.parent
server = multiprocessing.get_context('forkserver')
limit = 300 # Seconds a mutant may take

# The notebook that runs, its task, what the mutant does, the text and what replaces it, the notebook that is changed
Mutant = collections.namedtuple('Mutant', 'notebook task name old new within')

def read_mutants(text):
    "Mutants as `mutants.txt` has them: under `# notebook: task` a name, lines after `- ` and those after `+ ` instead"
    res = []
    notebook,task = None,None
    for block in re.split(r'\n\s*\n', text.strip()):
        name,*lines = block.splitlines()
        if name.startswith('# '):
            notebook,task = name[2:].split(': ')
            continue
        name,_,within = name.partition(' @ ')
        old,new = ('\n'.join(l[2:] for l in lines if l[:2]==mark) for mark in ('- ','+ '))
        if not old or any(l[:2] not in ('- ','+ ') for l in lines):
            form = 'a mutant is its name, lines that begin with "- ", and lines that begin with "+ "'
            raise ValueError(f'{task}, {name}: {form}')
        res.append(Mutant(notebook, task, name, old, new, within or notebook))
    return res

def mutants():
    "All mutants"
    return read_mutants((root/'tests'/'mutants.txt').read_text(encoding='utf-8'))

def mutated(nb, m):
    "The notebook `nb`, a dict, changed by `m`; raises `ValueError` unless exported cells have the text exactly once"
    nb = json.loads(json.dumps(nb))
    cells = [c for c in nb['cells'] if c['cell_type']=='code' and ''.join(c['source']).startswith('#| export')]
    found = sum(''.join(c['source']).count(m.old) for c in cells)
    what = f'exported cells of {m.within} have its text {found} times'
    if found!=1: raise ValueError(f'{m.task}, {m.name}: {what}: {m.old!r}')
    for c in cells: c['source'] = ''.join(c['source']).replace(m.old, m.new)
    return nb

def notebook_path(name, root=root):
    "The notebook called `name`"
    return root/'nbs'/f'{name}.ipynb'

def make_copy(m, copy):
    "What `m` needs of the project, changed by `m`, in the folder `copy`"
    for f in 'pyproject.toml','settings.ini': shutil.copy(root/f, copy/f)
    shutil.copytree(root/'imagewang_ssl', copy/'imagewang_ssl', ignore=shutil.ignore_patterns('__pycache__'))
    (copy/'nbs').mkdir()
    shutil.copy(notebook_path(m.notebook), copy/'nbs')
    nb = json.loads(notebook_path(m.within).read_text(encoding='utf-8'))
    if m.old: nb = mutated(nb, m)
    notebook_path(m.within, copy).write_text(json.dumps(nb), encoding='utf-8')

def own_caches(home):
    "A fastai home that has what is cached now and keeps what a mutant adds to itself"
    there = Path(os.environ.get('FASTAI_HOME', '~/.fastai')).expanduser()/'data'/'imagewang_ssl'
    here = home/'data'/'imagewang_ssl'
    here.mkdir(parents=True)
    for p in there.glob('[!.]*'): # Names with a dot are folders in the making
        if (p/'train').exists(): (here/p.name).symlink_to(p)
        else:
            (here/p.name).mkdir()
            for q in p.iterdir(): (here/p.name/q.name).symlink_to(q)
    os.environ['FASTAI_HOME'] = str(home)

def failures(path, brief=False):
    "Numbers and errors of the cells that fail in the notebook `path`; `brief`: leave out cells that train"
    from nbdev.test import CaptureShell, get_config, nb_test_cells
    shell = CaptureShell(path)
    for c in nb_test_cells(path, get_config(path.parent).tst_flags.split()):
        if brief and not c.source.startswith('#| export') and re.search(r'\.fit(?!\(1,)|\.check\(', c.source): continue
        shell.run(c.source)
        if shell.exc: yield c.idx_,shell.exc

def verdict(error):
    "What the first error of its notebook says of a mutant"
    if error is None: return 'survived'
    return 'killed' if type(error).__name__ in ('AssertionError','IwangError') else 'invalid'

def result(path, known):
    "What became of the mutant in the notebook `path`, and the cell and the error that say so"
    found = failures(path, known is not None)
    if known is not None: found = ((c,e) for c,e in found if verdict(e)=='killed' and c not in known)
    cell,error = next(found, (None,None))
    said = ' '.join(str(error).split())[:80]
    return verdict(error),'' if error is None else f'cell {cell}: {type(error).__name__}: {said}'

def child(m, copy, known):
    "In a process of its own: run `m` in its copy and write down what came of it"
    log = os.open(copy/'log', os.O_WRONLY|os.O_CREAT)
    for f in 1,2: os.dup2(log, f)
    own_caches(copy/'home')
    os.chdir(copy/'nbs')
    sys.path[:0] = [str(copy)]
    from nbdev.export import nb_export
    nb_export(notebook_path(m.within, copy), copy/'imagewang_ssl')
    import imagewang_ssl
    assert Path(imagewang_ssl.__file__).is_relative_to(copy), imagewang_ssl.__file__
    path = notebook_path(m.notebook, copy)
    res = result(path, known) if m.old else [c for c,_ in failures(path, True)]
    (copy/'result').write_text(json.dumps((res, sum(os.times()[:4]))))
    os._exit(0)

def run(m, known=None):
    "What `child` found out about `m`, and the CPU seconds it took"
    with tempfile.TemporaryDirectory() as d:
        copy = Path(d).resolve()
        make_copy(m, copy)
        p = server.Process(target=child, args=(m, copy, known))
        p.start()
        p.join(limit)
        if p.is_alive():
            p.kill()
            p.join()
            return ('invalid',f'not done after {limit} s'),limit
        if not (copy/'result').exists(): return ('invalid',(copy/'log').read_text().strip()[-300:]),0.
        return json.loads((copy/'result').read_text())

@functools.cache
def fail_anyway(notebook):
    "Cells of a notebook that fail without any change when those that train are left out; none where nobody can say"
    cells = run(Mutant(notebook, '', '', '', '', notebook))[0]
    return None if 'invalid' in cells else cells

def attempt(m):
    "What became of `m`, where it died, and the CPU seconds: first without cells that take long, then with them"
    known = fail_anyway(m.notebook)
    first,secs = ('',''),0.
    if known is not None: first,secs = run(m, known)
    if first[0]=='killed': return *first,secs
    last,more = run(m)
    return *last,secs+more

def table(ms):
    "The table of CONTRIBUTING.md: how many mutants each task has, or a shelf that tasks share"
    count = collections.Counter((m.notebook,m.task) for m in ms)
    rows = [f'| `{nb}` | {task} | {n} |' for (nb,task),n in sorted(count.items())]
    n_tasks = len({task for _,task in count}-{'shelf'})
    return '\n'.join(['| notebook | task | mutants |', '|---|---|---|', *rows, f'| | {n_tasks} tasks | {len(ms)} |'])

def with_table(guide, ms):
    "The text `guide` with its table made anew"
    return re.sub(r'(?<=<!-- mutants -->\n).*?(?=\n<!-- end of mutants -->)', lambda _: table(ms), guide, flags=re.S)

def run_all(ms, n_workers):
    "Try all, print a line each and what they come to; how many were not killed"
    results = {}
    with ThreadPoolExecutor(n_workers) as pool:
        jobs = {pool.submit(attempt, m):m for m in ms}
        for j in as_completed(jobs):
            m = jobs[j]
            results[m] = state,said,secs = j.result()
            print(f'{state:8s} {secs:4.0f} s  {m.task}: {m.name}  [{said}]', flush=True)
    print('\ntask                  mutants  killed  CPU seconds')
    for task in dict.fromkeys(m.task for m in ms):
        of = [results[m] for m in ms if m.task==task]
        print(f"{task:20s} {len(of):8d} {sum(o[0]=='killed' for o in of):7d} {sum(o[2] for o in of):12.0f}")
    states = collections.Counter(o[0] for o in results.values())
    print(f"{states['killed']} killed, {states['survived']} survived, {states['invalid']} invalid, "
        f'{sum(o[2] for o in results.values())/60:.1f} minutes of CPU')
    return len(ms)-states['killed']

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--only', default='', help="part of a notebook's, a task's or a mutant's name")
    p.add_argument('--list', action='store_true', help='print names and run nothing')
    p.add_argument('--table', action='store_true', help='write the table of CONTRIBUTING.md and run nothing')
    p.add_argument('--workers', type=int, default=2, help='processes at a time')
    args = p.parse_args()
    if args.table:
        guide = root/'CONTRIBUTING.md'
        guide.write_text(with_table(guide.read_text(encoding='utf-8'), mutants()), encoding='utf-8')
        return
    ms = [m for m in mutants() if any(args.only in part for part in (m.notebook,m.task,m.name))]
    if not ms: sys.exit(f'--only {args.only}: no mutant has this in its name')
    if args.list:
        for m in ms: print(f'{m.notebook}  {m.task}: {m.name}')
        return
    os.environ.update(OMP_NUM_THREADS='1', MPLBACKEND='agg', COLUMNS='100')
    heavy = 'fastai.vision.all','timm','nbdev.test','nbdev.export','sklearn.linear_model','lightly.loss'
    server.set_forkserver_preload(list(heavy))
    sys.exit(run_all(ms, args.workers)>0)

if __name__=='__main__': main()
