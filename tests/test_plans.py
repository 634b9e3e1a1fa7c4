"The recipes behind published rows: every setting reaches the run, and each trains, at a tiny size"
import shutil
from pathlib import Path
import pytest
from fastai.vision.all import get_image_files
from imagewang_ssl import fit, pixels, source
from imagewang_ssl.job import pretraining_of
from imagewang_ssl.pretext.core import get_pretext
from imagewang_ssl.record import load_records
from imagewang_ssl.sweep import plan_jobs, read_plan, sweep

plans = sorted((Path(__file__).parent.parent/'plans'/'published').glob('*.toml'))
tiny = dict(size=32, encoder='test_resnet', encoder_args={}, epochs=1, pretrain_epochs=1, runs=1)

def cells(plan): return [{**plan['defaults'], **c} for c in plan['cell']]

def in_(a, b): return {k: b[k] for k in a}==a

@pytest.fixture(scope='module')
def photos(tmp_path_factory):
    "28 images of the sample's train, 10 of its val, 34 of its unsup"
    own,sample = tmp_path_factory.mktemp('photos'),source.get_imagewang('sample')
    names = sorted(d.name for d in (sample/'val').iterdir() if d.is_dir())
    others = sorted(d.name for d in (sample/'train').iterdir() if d.is_dir() and d.name not in names)
    parts = [(f'train/{c}', 2) for c in names+others[:4]]+[(f'val/{c}', 1) for c in names]+[('unsup', 34)]
    for part,n in parts:
        (own/part).mkdir(parents=True)
        for f in sorted(get_image_files(sample/part))[:n]: shutil.copy(f, own/part)
    return own

@pytest.mark.parametrize('path', plans, ids=lambda p: p.stem)
def test_every_setting_reaches_the_run(path):
    plan = read_plan(path)
    assert plan['name'].endswith('_published')
    for cell in cells(plan):
        jobs = [o['job'] for o in plan_jobs(dict(name=plan['name'], cell=[dict(cell, source='sample', runs=1)]))]
        for job in jobs:
            pre = pretraining_of(job)
            task = get_pretext(cell['task'], **pre['task_args'])
            assert job['plan']==plan['name'] and pre['pool']==(task.pool or cell['pool'])
            assert all(getattr(task, k)==v for k,v in cell.get('task_args', {}).items())
            for o,stage in (job,'recipe'),(pre,'pretrain_recipe'):
                base = {**fit.recipes['finetune' if o is job else 'pretrain'], **o['recipe']}
                assert in_(cell.get(stage, {}), base)
            assert (job['encoder'],job['encoder_args'])==(cell['encoder'],cell.get('encoder_args', {}))
        sizes = cell['size'] if isinstance(cell['size'], list) else [cell['size']]
        assert {j['size'] for j in jobs}==set(sizes)

def test_none_is_missing():
    assert [p.stem for p in plans]==['byol-128','contrastive','grey_blur-192','inpainting-128','sesemi-256','swav-128',
        'swav-192','swav-256']

@pytest.mark.parametrize('key', ['task_args','recipe','pretrain_recipe'])
def test_a_key_that_nobody_reads(key):
    plan = read_plan(plans[-1])
    plan['defaults'] = dict(plan['defaults'], source='sample', **{key: {**plan['defaults'][key], 'nobody': 1}})
    with pytest.raises(ValueError, match='nobody'): plan_jobs(plan)

@pytest.mark.parametrize('path', plans, ids=lambda p: p.stem)
def test_trains(path, photos, tmp_path, monkeypatch):
    for m in source,pixels: monkeypatch.setattr(m, 'fastai_path', lambda o: tmp_path/'home'/o)
    plan = read_plan(path)
    cell = dict(cells(plan)[0], source=str(photos), **tiny)
    for k in 'recipe','pretrain_recipe': cell[k] = dict(cell[k], bs=28, precision='fp32')
    res = sweep(dict(name=plan['name'], cell=[cell]), f'{tmp_path}/runs', f'{tmp_path}/out', f'{tmp_path}/checkpoints')
    assert [len(res[k]) for k in ('done','failed','left')]==[2,0,0], res['failed']
    assert [r['plan'] for r in load_records(tmp_path/'runs')]==[plan['name']]
