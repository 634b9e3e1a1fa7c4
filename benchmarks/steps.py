"""Where the time of a training step goes, and what bounds it: `python -m benchmarks.steps --source ARCHIVE --json FILE`

Each task trains `steps` steps twice. Once the device is waited for after each part of a step, so that every part
has its own time: *load* (the images' pixels, on the device), *views* (the batch transforms), *forward* (with the
loss), *backward*, *optimizer*, and *loop* (callbacks, records). Once nothing is waited for: that is the rate. On a
GPU the second is shorter, as the processor runs ahead. How far it is ahead at the end says what bounds a step:
`device`, or `host` where the device is done as soon as the processor is. *waits* counts how often a step made the
processor wait for the device.
"""
import gc, json, time, warnings
warnings.filterwarnings('ignore')
from contextlib import contextmanager
from imagewang_ssl.all import *
from benchmarks import asked_names, command_line
from benchmarks.rates import make_learner, sync

parts = 'load','views','forward','backward','optimizer','loop'

class Parts(Callback):
    "Seconds of each part of `steps` training steps after `warm` others; `waiting`: for the device, after each part"
    order,run_valid = 1000,False
    def __init__(self, steps, warm=3, waiting=True): self.steps,self.warm,self.waiting = steps,warm,waiting
    def before_fit(self):
        self.n,self.seconds = 0,dict.fromkeys(parts, 0.)
        self.mark()
    def mark(self, part=None):
        "The time since the last mark belongs to `part`"
        if self.waiting: sync()
        now = time.perf_counter()
        if part and self.n>=self.warm: self.seconds[part] += now-self.last
        self.last = now
    def before_batch(self): self.mark('views')
    def after_loss(self): self.mark('forward')
    def before_step(self): self.mark('backward')
    def after_step(self): self.mark('optimizer')
    def after_batch(self):
        self.mark('loop')
        self.n += 1
        if self.n==self.warm: self.begin()
        if self.n==self.warm+self.steps: raise CancelFitException
    def begin(self):
        sync()
        self.start = self.last = time.perf_counter()

@contextmanager
def marked_views(dl, parts):
    "Call `parts.mark` when the pixels are there and the batch transforms begin"
    plain = dl.after_batch
    def after_batch(b):
        parts.mark('load')
        return plain(b)
    after_batch.fs = plain.fs
    dl.after_batch = after_batch
    try: yield
    finally: dl.after_batch = plain

def trained(learn, cb, precision):
    "Train under `cb`, and the seconds of its steps without and with what the device had left to do"
    fast = computing_in(learn.model, precision, learn.dls.device)
    with fast, marked_views(learn.dls.train, cb), learn.no_bar(), learn.no_logging():
        learn.recorder.smooth_loss = SmoothLoss()
        learn.fit(1, 1e-4, cbs=[cb, StopOnNonFinite()])
    handed = time.perf_counter()-cb.start
    sync()
    return handed,time.perf_counter()-cb.start

def waits(learn, precision, steps=2):
    "How often a step waits for the device; none is known where there is no GPU"
    if not torch.cuda.is_available(): return None
    torch.cuda.set_sync_debug_mode('warn')
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter('always')
            trained(learn, Parts(steps, warm=0, waiting=False), precision)
    finally: torch.cuda.set_sync_debug_mode('default')
    return round(sum('synchron' in str(w.message) for w in said)/steps, 1)

def bound_by(seconds, handed, whole):
    "The longest part of a step and, on a GPU, whether the device or the processor is behind"
    longest = max(seconds, key=seconds.get)
    if not torch.cuda.is_available(): return longest
    return f"{'device' if whole>1.05*handed else 'host'}, {longest}"

def step_row(name, path, size, bs, encoder, precision, steps, warm=3):
    "Milliseconds a step, the fraction of each part, and what bounds it"
    gc.collect()
    learn,_ = make_learner(name, path, size, bs, encoder)
    has = len(learn.dls.train)
    if has<2: raise IwangError(f'an epoch has {has} batches, too few to time a step: lower --bs, or take more images')
    warm = min(warm, has-1)
    timed = Parts(min(steps, has-warm), warm)
    trained(learn, timed, precision)
    free = Parts(timed.steps, warm, waiting=False)
    handed,whole = trained(learn, free, precision)
    total = sum(timed.seconds.values())
    res = dict(name=name, ms=round(1e3*whole/free.steps, 2), rate=round(free.steps*learn.dls.train.bs/whole, 1))
    res.update({k: round(v/total, 3) for k,v in timed.seconds.items()})
    return dict(res, bound_by=bound_by(timed.seconds, handed, whole), waits=waits(learn, precision))

def line(r):
    shares = ' '.join(f'{100*r[k]:9.0f}' for k in parts)
    waits = '' if r['waits'] is None else f", {r['waits']:g} waits"
    return f"{r['name']:18} {r['ms']:9.1f} {r['rate']:7.0f} {shares}   {r['bound_by']}{waits}"

def bench_steps(
    source:str='sample', # sample, imagewang, 160, 320, full, a folder, an archive or its URL
    only:str=None, # Names of tasks, or finetune, with commas between; default: all
    out_json:str=None, # File to write the record to
    size:int=64, # Side of the images in pixels
    bs:int=64, # Images a batch
    encoder:str='xresnet18', # Encoder
    precision:str='auto', # fp32, bf16 or auto
    steps:int=20, # Steps that are timed
):
    "Say where the time of each task's training step goes, and what bounds it"
    path = get_imagewang(source, size)
    precision = resolve_precision(precision)
    names = asked_names(only)
    settings = dict(size=size, bs=bs, encoder=encoder, precision=precision, steps=steps)
    about = provenance()
    print(f"{encoder}, {size} px, batch {bs}, {precision}, on {about['device']}; parts of a step in %")
    print(f"{'':18} {'ms a step':>9} {'images':>7} {' '.join(f'{k:>9}' for k in parts)}   bound by")
    rows = []
    for n in names:
        rows.append(step_row(n, path, size, bs, encoder, precision, steps))
        print(line(rows[-1]), flush=True)
    rec = dict(settings=settings, source=source_info(path), rows=rows, **about)
    if out_json: print(f"wrote {write_atomic(out_json, json.dumps(rec, indent=1)+chr(10))}")

if __name__=='__main__': command_line(bench_steps, 'benchmarks.steps')
