"The benchmark runs and writes what it says; its numbers are for a quiet machine"
import json, subprocess, sys
from pathlib import Path

root = Path(__file__).parent.parent

def bench(*args):
    cmd = [sys.executable, '-m', 'benchmarks', *map(str, args)]
    return subprocess.run(cmd, cwd=root, capture_output=True, text=True)

def test_rows(tmp_path):
    out = tmp_path/'speed.json'
    small = '--size 32 --bs 16 --steps 2 --pairs 2 --encoder test_resnet'
    r = bench('--only', 'finetune,rotation', *small.split(), '--json', out)
    assert r.returncode==0, r.stdout+r.stderr
    rec = json.loads(out.read_text())
    assert [o['name'] for o in rec['rows']]==['finetune','rotation']
    for o in rec['rows']:
        assert list(o)==['name','ours','bare','plain_fastai','peers','ratios','peak_mb','commit','date']
        assert o['ours']>0 and .1 < o['ratios']['ours/bare']['median'] < 10
    assert rec['rows'][0]['plain_fastai']>0 and rec['rows'][1]['plain_fastai'] is None

    from benchmarks import earlier
    same = {k: rec[k] for k in ('settings','source','device')}
    assert earlier(out, **same)==rec and earlier(tmp_path/'none.json', **same)==earlier(None, **same)=={}
    assert all(earlier(out, **dict(same, **{k: 'other'}))=={} for k in same)

def test_bad_input():
    r = bench('--only', 'rotatoin')
    assert r.returncode==1
    assert r.stderr.splitlines()[-1].startswith("benchmarks: task 'rotatoin' is unknown: did you mean rotation")

def test_steps(monkeypatch):
    "Parts of a step add up, and a slow one is found"
    import time
    from benchmarks import steps
    from imagewang_ssl.all import get_imagewang
    from imagewang_ssl.pretext.rotation import Rotation
    args = 'rotation', get_imagewang('sample', 32), 32, 16, 'test_resnet', 'fp32', 1, 1
    plain = steps.step_row(*args)
    assert abs(sum(plain[k] for k in steps.parts)-1) < .01 and all(plain[k]>0 for k in steps.parts)
    assert plain['ms']>0 and plain['rate']>0 and plain['bound_by'] in ('forward','backward')
    make = Rotation.make_batch
    monkeypatch.setattr(Rotation, 'make_batch', lambda self, x: time.sleep(.7) or make(self, x))
    slow = steps.step_row(*args)
    assert (slow['bound_by'],slow['waits'])==('views',None) and slow['ms']>plain['ms']
    assert steps.line(slow).startswith('rotation')
