"""One run in several processes: the loss, gradients and weights of one process, and one record.

`accelerate launch` starts two processes in `-m slow`; the short form gives two processes what it would tell them.
"""
import json, os, re, socket, subprocess, sys
from pathlib import Path
import pytest
from procs import start

of_each_kind = dict(rotation={}, simclr={}, moco=dict(groups=1), swav={}, grey_blur={})
slack = 1e-4   # of the largest number of a tensor: networks compute in float64 here, losses in float32

def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return str(s.getsockname()[1])

def joined(rank, port, f, *args, **kwargs):
    "`f` as the process `rank` of two"
    env = dict(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE='2', MASTER_ADDR='127.0.0.1', MASTER_PORT=port)
    os.environ.update(env, ACCELERATE_USE_CPU='true')
    f(*args, **kwargs)

def in_two(tmp_path, f, *args, **kwargs):
    "What two processes that run `f` print"
    port = free_port()
    logs = [tmp_path/f'log{r}' for r in (0,1)]
    ps = [start(log, joined, r, port, f, *args, **kwargs) for r,log in enumerate(logs)]
    for p,log in zip(ps, logs):
        p.join(200)
        assert p.exitcode==0, log.read_text()[-3000:]
    return [log.read_text() for log in logs]

def losses_and_grads(place):
    "Save the loss and the gradients of one step of a task of each kind, computed by all processes together"
    import torch
    from fastai.vision.all import set_seed
    from safetensors.torch import save_file
    from imagewang_ssl.all import create_encoder, get_pretext
    from imagewang_ssl import distributed as d
    found = {}
    with d.processes():
        for name,args in of_each_kind.items():
            set_seed(0)
            task = get_pretext(name, **args)
            dls = task.dataloaders('sample', 32, bs=32, num_workers=0, device='cpu')
            x,y = dls.one_batch()
            learner = task.learner(dls, create_encoder('test_resnet', 32))
            model = learner.model.train().double()
            with d.synced_norms(model):
                x = tuple(d.own_part(o).double() for o in x) if isinstance(x, tuple) else d.own_part(x).double()
                y = d.own_part(y)
                pred = model(x)
                loss = task.loss_func(pred, y)
                loss.backward()
            d.average_grads(model.parameters())
            mean = d.sum_processes(loss.detach())/d.n_processes()
            grads = {n: p.grad for n,p in model.named_parameters() if p.grad is not None}
            if hasattr(model, 'remember'): model.remember(pred, y, 0.)
            kept = {n: b for n,b in model.named_buffers() if 'queue' in n or 'running' in n}
            plain = {n: o.as_subclass(torch.Tensor) for n,o in dict(grads, **kept, loss=mean[None]).items()}
            found.update({f'{name} {n}': o.contiguous() for n,o in plain.items()})
    save_file(found, place/f'{d.n_processes()}-{os.environ.get("RANK", 0)}')


def test_step(tmp_path):
    "Loss, gradients, queue and running statistics of two processes are those of one that has the whole batch"
    from safetensors.torch import load_file
    log = tmp_path/'log'
    (tmp_path/'one').mkdir()
    (tmp_path/'two').mkdir()
    p = start(log, losses_and_grads, tmp_path/'one')
    p.join()
    assert p.exitcode==0, log.read_text()[-3000:]
    in_two(tmp_path, losses_and_grads, tmp_path/'two')
    [one] = map(load_file, (tmp_path/'one').iterdir())
    for two in map(load_file, (tmp_path/'two').iterdir()):
        assert one.keys()==two.keys() and {k.split()[0] for k in one}==set(of_each_kind)
        for k,a in one.items():
            far = (a-two[k]).abs().max().item()/max(1e-3, a.abs().max().item())
            assert far<slack, f'{k} is off by {far:.2g} of its largest number'

small = '--size 32 --epochs 1 --pretrain_epochs 1 --n-runs 1 --arch test_resnet --bs 160'.split()

def command(*args):
    from imagewang_ssl import cli
    assert cli.main(args)==0

def refused(place, *args):
    from imagewang_ssl import cli
    os.chdir(place)
    assert cli.main(args)==1

def check_one(place):
    "One record of both processes, of the whole batch size, and one encoder; nothing else is left"
    [rec] = [json.loads(f.read_text()) for f in (place/'runs').glob('*.json')]
    assert rec['recipe']['bs']==160 and rec['device'].startswith('2 processes, each ')
    seen = rec['pretrain']['images_seen']
    assert seen==rec['source']['unsup']*95//100//160*160, seen
    assert len([*(place/'out').iterdir()])==1==len([*(place/'runs').iterdir()])

def places(place): return f'--save_to {place}/runs --out {place}/out --checkpoints {place}/check'.split()

def test_one_record(tmp_path):
    first,second = in_two(tmp_path, command, 'run', '--task', 'moco', *small, *places(tmp_path))
    check_one(tmp_path)
    assert first.count('saved ')==2 and 'accuracy' in first
    assert not re.search('^(saved|pretrain|fine-tune)', second, re.M), second

def test_refused(tmp_path):
    "What cannot be is told once"
    first,second = in_two(tmp_path, refused, tmp_path, 'run', '--task', 'rotation', *small[:-1], '161')
    assert 'iwang-run: bs=161 cannot be shared by 2 processes: choose a multiple of 2' in first
    assert 'bs=161' not in second

@pytest.mark.slow
def test_launched(tmp_path):
    pytest.importorskip('accelerate')
    launch = [sys.executable, '-m', 'accelerate.commands.launch', '--multi_gpu', '--num_processes', '2']
    launch += ['--main_process_port', free_port()]
    run = [*launch, '-m', 'imagewang_ssl.cli', 'run', '--task', 'rotation', *small, *places(tmp_path)]
    r = subprocess.run(run, cwd=Path(__file__).parent.parent, capture_output=True, text=True)
    assert r.returncode==0, r.stderr[-3000:]
    check_one(tmp_path)
