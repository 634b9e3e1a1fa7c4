"Images a second of the suite's loop, of the bare model, of plain fastai and of other libraries, taken in turns"
import gc, resource, statistics, time
import timm
from imagewang_ssl.all import *
from imagewang_ssl.optimizers import fused_adamw

def sync():
    if torch.cuda.is_available(): torch.cuda.synchronize()

def rate(step, bs, steps, warm=3):
    "Images a second of `steps` calls of `step`, each a batch of `bs`, after `warm` others"
    for i in range(warm+steps):
        if i==warm:
            sync()
            start = time.perf_counter()
        step()
    sync()
    return steps*bs/(time.perf_counter()-start)

class Stopwatch(Callback):
    "Images a second of `steps` training steps that follow the first few; then the fit ends"
    order,warm = 1000,3
    def __init__(self, steps): self.steps = steps
    def before_fit(self): self.n = 0
    def after_batch(self):
        if not self.training: return
        self.n += 1
        if self.n not in (self.warm, self.warm+self.steps): return
        sync()
        if self.n==self.warm: self.start = time.perf_counter()
        else:
            self.rate = self.steps*self.dls.train.bs/(time.perf_counter()-self.start)
            raise CancelFitException

def ours(learn, steps, precision):
    "Images a second of fastai's loop around `learn`"
    watch = Stopwatch(steps)
    n = len(learn.dls.train)
    if n<steps+watch.warm:
        lacks = f'an epoch has {n} batches, fewer than {watch.warm} to warm up and {steps} to time'
        raise IwangError(f'{lacks}: lower --bs or --steps, or take more images')
    fast = computing_in(learn.model, precision, learn.dls.device)
    with fast, learn.no_bar(), learn.no_logging(): learn.fit(1, 1e-4, cbs=[watch, StopOnNonFinite()])
    return watch.rate

def _plain(o): return tuple(_plain(p) for p in o) if is_listy(o) else o.as_subclass(Tensor)

def bare(learn, batch, steps, precision, compiled=False):
    "Images a second of forward, loss, backward and step on one ready batch"
    x,*y = batch
    opt = torch.optim.AdamW([p for p in learn.model.parameters() if p.requires_grad], 1e-4, fused=True)
    learn.model.train()
    learn.epoch,learn.n_epoch = 0,1
    with computing_in(learn.model, precision, learn.dls.device):
        model = torch.compile(learn.model.forward) if compiled else learn.model
        def step():
            learn.loss_func(model(x), *y).backward()
            opt.step()
            opt.zero_grad()
        return rate(step, learn.dls.train.bs, steps)

def make_learner(name, path, size, bs, encoder):
    "Learner of a pretext task or of fine-tuning, as `pretrain` and `finetune` make it, and a batch of its loop"
    enc = create_encoder(encoder, size)
    if name=='finetune': learn = finetune_learner(finetune_dls(path, size, bs=bs), enc)
    else:
        task = get_pretext(name)
        learn = task.learner(task.dataloaders(path, size, bs=bs), enc)
    learn.model.to(learn.dls.device, memory_format=torch.channels_last)
    learn.opt_func = fused_adamw
    return learn,_plain(learn.dls.one_batch())

def plain_fastai(path, size, bs, encoder):
    "Learner of fine-tuning as fastai's documentation has it: files, `RandomResizedCrop`, its own optimiser"
    get_items = partial(get_image_files, folders=['train','val'])
    item_tfms = [RandomResizedCrop(size, min_scale=.35), FlipItem(.5)]
    block = DataBlock(blocks=(ImageBlock,CategoryBlock), get_items=get_items, get_y=parent_label, item_tfms=item_tfms,
        splitter=GrandparentSplitter('train','val'), batch_tfms=Normalize.from_stats(*imagenet_stats))
    dls = block.dataloaders(path, bs=bs, num_workers=min(8, defaults.cpus))
    xresnet = getattr(models.xresnet, encoder, None)
    net = xresnet(n_out=len(dls.vocab)) if xresnet else timm.create_model(encoder, num_classes=len(dls.vocab))
    return Learner(dls, net, loss_func=LabelSmoothingCrossEntropyFlat(), metrics=accuracy)

def others(name, path, size, bs, encoder, precision, steps):
    "What else does the same work, in our precision and in float32, their default: name and function to time it"
    if name=='finetune':
        learn = plain_fastai(path, size, bs, encoder)
        made = dict(plain_fastai=lambda p: partial(ours, learn, steps, p))
    elif name=='simclr':
        from benchmarks.peers import lightly_simclr, self_supervised_simclr
        def peer(f): return lambda p: partial(rate, partial(next, f(path, size, bs, encoder, p)), bs, steps)
        made = dict(lightly=peer(lightly_simclr), self_supervised=peer(self_supervised_simclr))
    else: return {}
    return {k if p==precision else f'{k}_{p}': f(p) for p in dict.fromkeys((precision,'fp32')) for k,f in made.items()}

def spread(xs):
    "Median and the range of the middle half"
    q = statistics.quantiles(xs, n=4) if len(xs)>1 else xs*3
    return dict(median=round(statistics.median(xs), 3), low=round(q[0], 3), high=round(q[2], 3))

def peak_mb(reset=False):
    "Peak memory in MiB, of the GPU where there is one, since it was last reset where the system can reset it"
    gpu = torch.cuda
    if gpu.is_available(): return gpu.reset_peak_memory_stats() if reset else gpu.max_memory_allocated()//2**20
    try:
        if reset: return Path('/proc/self/clear_refs').write_text('5')
        return int(re.search(r'VmHWM:\s+(\d+)', Path('/proc/self/status').read_text())[1])//2**10
    except OSError: return None if reset else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss//2**10

def row(name, path, size, bs, encoder, precision, steps, pairs, compiled=False):
    "Rates and ratios of one task; the ratios are those of neighbours in time"
    gc.collect()
    peak_mb(reset=True)
    learn,batch = make_learner(name, path, size, bs, encoder)
    steps = max(1, min(steps, len(learn.dls.train)-Stopwatch.warm))      # few images make short epochs
    runs = dict(ours=partial(ours, learn, steps, precision), bare=partial(bare, learn, batch, steps, precision))
    if compiled: runs['bare_compiled'] = partial(bare, learn, batch, steps, precision, True)
    rates = {k:[f()] for k,f in runs.items()}
    peak = peak_mb()
    runs.update(others(name, path, size, bs, encoder, precision, steps))
    for _ in range(pairs):
        for k,f in runs.items(): rates.setdefault(k, []).append(f())
    rates = {k:v[-pairs:] for k,v in rates.items()}
    med = {k:round(statistics.median(v), 1) for k,v in rates.items()}
    ratios = {f'ours/{k}': spread([a/b for a,b in zip(rates['ours'], v)]) for k,v in rates.items() if k!='ours'}
    own = {k: med.pop(k, None) for k in ('ours','bare','plain_fastai')}
    return dict(name=name, **own, peers=med, ratios=ratios, peak_mb=peak)
