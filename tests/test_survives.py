"""What is killed goes on: runs and sweeps are killed at random moments, and end as if nobody had.

`IWANG_KILLS=100 pytest tests/test_survives.py` is the long form; `-m slow` adds the engines that start processes of
their own.
"""
import json, os, random, signal, time
from functools import partial
import pytest
from procs import start

kills = int(os.environ.get('IWANG_KILLS', 10))
tasks = ['rotation','moco','deep_cluster','context_encoder','swav']   # a kind of state each
args = dict(size=32, epochs=2, pretrain_epochs=2, runs=1, encoder='test_resnet', bs=96)

def train(task, place):
    "A pretraining and a fine-tuning that keep a checkpoint after every step"
    from imagewang_ssl import resume, train
    train.resuming = partial(resume.resuming, minutes=1e-9, most=1e9)
    train.run(task, save_to=f'{place}/runs', out=f'{place}/out', checkpoints=f'{place}/out/checkpoints', **args)

def killed(p, wait):
    "Whether the process `p` was still there to be killed after `wait` seconds"
    p.join(wait)
    if p.exitcode is None: os.kill(p.pid, signal.SIGKILL)
    p.join()
    return p.exitcode==-signal.SIGKILL

def results(place):
    "Record and weights of the one run in `place`, but for times"
    from safetensors.torch import load_file
    [rec] = [json.loads(f.read_text()) for f in (place/'runs').glob('*.json')]
    [enc] = (place/'out').glob('*.safetensors')
    told = 'accuracy','train_loss','valid_loss','metrics'
    return {k: rec[k] for k in told}, {k: rec['pretrain'][k] for k in (*told[1:],'chance')}, load_file(enc)

def finish(p, log):
    p.join()
    assert p.exitcode==0, log.read_text()[-3000:]

def same(a, b):
    "Whether two results are equal, weights bit for bit"
    return a[:2]==b[:2] and a[2].keys()==b[2].keys() and all(a[2][k].equal(b[2][k]) for k in a[2])

@pytest.mark.parametrize('task', tasks)
def test_killed(task, tmp_path):
    log,whole = tmp_path/'log',tmp_path/'whole'
    began = time.monotonic()
    finish(start(log, train, task, whole), log)
    took,want,rng = time.monotonic()-began,results(whole),random.Random(task)
    left,rounds = max(1, kills//len(tasks)),0
    while left:
        torn,rounds = tmp_path/f'torn{rounds}',rounds+1
        while left and killed(start(log, train, task, torn), rng.uniform(.1, .9)*took): left -= 1
        finish(start(log, train, task, torn), log)
        assert same(want, results(torn)), f'round {rounds}'
        assert not (torn/'out/checkpoints').exists()
    print(f'{task}: {max(1, kills//len(tasks))} kills of {rounds} runs, all of which end alike')

usual = dict(size=32, epochs=1, encoder='test_resnet', recipe=dict(bs=240))
both = dict(task=['rotation','simclr'], pretrain_epochs=1, seed=[0,1], runs=2, pretrain_recipe=dict(bs=160))
plan = dict(defaults=usual, cell=[both, dict(task='scratch', runs=4)])

def run_plan(place, **kwargs):
    from imagewang_ssl.sweep import sweep
    res = sweep(plan, f'{place}/runs', f'{place}/out', f'{place}/out/checkpoints', **kwargs)
    assert not res['failed'] and not res['left'], res

def check_swept(place, log):
    "12 records, none twice, and as many trainings that ended"
    from imagewang_ssl.record import load_records, run_key, row_id
    recs = load_records(place/'runs')
    assert len(recs)==12==len({(row_id(r),run_key(r)) for r in recs}), log.read_text()[-3000:]
    assert len(list((place/'out').glob('*.safetensors')))==4

def test_sweep_killed(tmp_path):
    log = tmp_path/'log'
    rng = random.Random(0)
    n = sum(killed(start(log, run_plan, tmp_path), rng.uniform(1, 4)) for _ in range(3))
    finish(start(log, run_plan, tmp_path), log)
    check_swept(tmp_path, log)
    assert n==3 or len(log.read_text().split('12 of them recorded'))>1

@pytest.mark.slow
def test_slurm_local(tmp_path):
    pytest.importorskip('submitit')
    log = tmp_path/'log'
    how = dict(engine='slurm', cluster='local', folder=str(tmp_path/'slurm'), minutes=30)
    finish(start(log, run_plan, tmp_path, **how), log)
    check_swept(tmp_path, log)

def kill_a_worker(place):
    "Kill the first Ray worker that is found in a cell"
    import psutil
    while not (place/'killed').exists():
        for p in psutil.process_iter(['name','cmdline']):
            if 'ray::sweep_cell' in ' '.join(p.info['cmdline'] or []):
                p.kill()
                (place/'killed').write_text('')
                return
        time.sleep(.2)

@pytest.mark.slow
def test_ray_worker_killed(tmp_path):
    pytest.importorskip('ray')
    log = tmp_path/'log'
    killer = None
    p,killer = start(log, run_plan, tmp_path, engine='ray'),start(tmp_path/'killer', kill_a_worker, tmp_path)
    finish(p, log)
    killer.terminate()
    check_swept(tmp_path, log)
    assert (tmp_path/'killed').exists()
