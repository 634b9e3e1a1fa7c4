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
