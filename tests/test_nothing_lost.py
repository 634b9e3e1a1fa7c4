"Records, plans and archives that are anything at all; many writers; a full disk: nothing is lost, nothing torn"
import copy, io, json, os, resource, subprocess, tarfile, tempfile
from contextlib import contextmanager
from pathlib import Path
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from procs import start
from imagewang_ssl.basics import IwangError, write_atomic
from imagewang_ssl.board import rows
from imagewang_ssl.record import load_records, made_up, record_name, row_id, save_record
from imagewang_ssl.source import get_imagewang
from imagewang_ssl.sweep import plan_jobs

few = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
plain = st.recursive(st.none()|st.booleans()|st.integers(-9, 9)|st.floats(allow_nan=True)|st.text(max_size=8),
    lambda o: st.lists(o, max_size=3)|st.dictionaries(st.text(max_size=8), o, max_size=3), max_leaves=6)

def refused(f, *args):
    "What `f` says when it refuses, in one line; None where it does not. Any other error is a fault"
    try: f(*args)
    except IwangError as e:
        assert str(e) and len(str(e).splitlines())==1, str(e)
        return str(e)

def fields(o, at=()):
    "Paths to all that is in a tree of dicts and lists"
    pairs = o.items() if isinstance(o, dict) else enumerate(o) if isinstance(o, list) else ()
    for k,v in pairs:
        yield (*at, k)
        yield from fields(v, (*at, k))

whole = made_up(.5)
numbers = st.integers(0, 9)

@few
@given(st.floats(0, 1), st.integers(0, 2**31), st.sampled_from(['rotation','scratch','a.b-c']), st.integers(1, 9))
def test_records_come_back(acc, seed, task, epochs):
    rec = made_up(acc/1.1, seed=seed, task=task, epochs=epochs)
    with tempfile.TemporaryDirectory() as d:
        path = save_record(rec, d)
        assert path.name==record_name(rec) and load_records(d)==[json.loads(json.dumps(rec))]
        assert save_record(rec, d)==path and len(os.listdir(d))==1

@few
@given(st.data())
def test_records_of_anything(data):
    "Whatever is put in any place of a record, it is refused in one line, or kept as it is"
    rec = copy.deepcopy(whole)
    *at,last = data.draw(st.sampled_from([*fields(rec)]))
    o = rec
    for k in at: o = o[k]
    o[last] = data.draw(plain)
    with tempfile.TemporaryDirectory() as d:
        if refused(save_record, rec, d) is None: assert json.dumps(load_records(d)[0])==json.dumps(rec)
        else: assert os.listdir(d)==[]
        text = json.dumps(rec)
        (Path(d)/'cut.json').write_text(text[:data.draw(st.integers(0, len(text)))])
        assert refused(load_records, d)

known = dict(task=['rotation','scratch'], size=[32], epochs=[1,2], seed=[0,1], runs=[1], pretrain_epochs=[1])
known['encoder'] = ['test_resnet']
recipes = st.dictionaries(st.sampled_from(['lr','wd','bs','opt','zoom','tau','head','odd']), plain, max_size=2)

@few
@given(st.data())
def test_plans_of_anything(data):
    "A plan is refused in one line, or gives the same jobs each time it is read"
    pairs = data.draw(st.dictionaries(st.sampled_from([*known, 'odd', 'recipe']), st.none(), max_size=5))
    def value(k): return plain|recipes if k=='recipe' else plain|st.sampled_from(known.get(k, [{}]))
    cell = {k: data.draw(value(k)) for k in pairs}
    plan = data.draw(st.sampled_from([dict(cell=[cell]), dict(cell=cell), dict(defaults=cell, cell=[{}]), cell]))
    def jobs(): return json.dumps(plan_jobs(copy.deepcopy(plan)), default=str)
    said = refused(jobs)
    if said is None: assert jobs()==jobs()

names = st.text(st.characters(codec='utf-8', exclude_characters='\0'), min_size=1, max_size=12)
parts = st.lists(st.sampled_from(['..','.','/','a','C:','\\','train','..\\b','a/'])|names, min_size=1, max_size=5)
kinds = st.sampled_from([getattr(tarfile, f'{k}TYPE') for k in 'REG DIR SYM LNK FIFO CHR'.split()])

@few
@given(parts, kinds, st.sampled_from(['','/','//']))
def test_members_of_anything(parts, kind, root):
    "Whatever the members of an archive are called, nothing is written outside, and nothing is left when one is refused"
    with tempfile.TemporaryDirectory() as d:
        arch,cache = Path(d)/'a.tgz',Path(d)/'cache'
        with tarfile.open(arch, 'w:gz') as tar:
            m = tarfile.TarInfo(root+'/'.join(parts))
            m.type,m.linkname,m.size = kind,'../../out',3 if kind==tarfile.REGTYPE else 0
            tar.addfile(m, io.BytesIO(b'abc'))
        assert refused(get_imagewang, arch, 128, cache)   # no Image网 is in it, in any case
        left = [p for p in Path(d).rglob('*') if not p.is_dir()]
        assert left==[arch], left
        assert not (cache/'imagewang_ssl').exists() or os.listdir(cache/'imagewang_ssl')==[]

def write_records(place, writer, n):
    for i in range(n): save_record(made_up(i/n/2, seed=n*writer+i), place)

def test_many_writers(tmp_path):
    "104 records of 8 processes, while the board is derived all the time"
    runs,n = tmp_path/'runs',13
    runs.mkdir()
    ps = [start(tmp_path/f'log{w}', write_records, runs, w, n) for w in range(8)]
    seen,boards = 0,0
    while any(p.exitcode is None for p in ps) or boards<3:
        found = len(load_records(runs))
        df = rows.derive_board(runs)
        assert found>=seen, 'a record was lost'
        seen,boards = found,boards+1
    assert [p.exitcode for p in ps]==[0]*8
    recs = load_records(runs)
    assert sorted(r['seed'] for r in recs)==list(range(8*n)) and len({row_id(r) for r in recs})==1
    assert len(os.listdir(runs))==8*n
    assert len(df[df.task=='example'])==1 if 'task' in df else True

@contextmanager
def small_disk(place, kb):
    "A folder on a disk of `kb` KiB; where nothing can be mounted, one in which no file gets larger"
    place.mkdir()
    mount = subprocess.run(['mount','-t','tmpfs','-o',f'size={kb}k','tmpfs',str(place)], capture_output=True)
    mounted = mount.returncode==0
    soft,hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if not mounted: resource.setrlimit(resource.RLIMIT_FSIZE, (2**10*kb,hard))
    try: yield place
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft,hard))
        if mounted: subprocess.run(['umount',str(place)], check=True)

def checkpoint(place):
    import torch
    from imagewang_ssl.resume import save_checkpoint
    save_checkpoint(place/'checkpoint', dict(w=torch.zeros(10**5)), 1)

def record(place): save_record(made_up(.5, note='x'*10**5), place/'runs')

def store(place):
    from imagewang_ssl.pixels import PixelStore
    PixelStore(get_imagewang('sample', 64), 64, cache=place/'pixels')

def board(place):
    (runs := place.parent/'runs').mkdir()
    rows.write_board(runs, place/'board.csv')   # the published rows alone are larger than this disk

writers = [checkpoint, record, store, board]

@pytest.mark.parametrize('write', writers, ids=[f.__name__ for f in writers])
def test_full_disk(write, tmp_path):
    "A full disk is told in one line, what was there stays, and nothing half-written is left"
    get_imagewang('sample', 64)
    with small_disk(tmp_path/'disk', 8) as disk:
        old = write_atomic(disk/'board.csv', 'what was there')
        said = refused(write, disk)
        assert said and ('No space left' in said or 'no room for' in said or 'too large' in said), said
        assert old.read_text()=='what was there'
        assert [p.name for p in disk.rglob('*') if p.is_file()]==['board.csv']
