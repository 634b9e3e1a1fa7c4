"""How close training comes to the bare model, as ratios measured in one run.

A row is a pretext task or `finetune`. *Bare* is the same model, head, loss, optimiser and precision on one batch that
lies ready in memory. *Plain fastai* is fine-tuning the way fastai's documentation does it: files, `RandomResizedCrop`,
float32. All take turns, `pairs` times, so that a machine's moods hit them alike; a ratio is that of neighbours.
"""
import json, platform, resource, statistics, sys, time, warnings
warnings.filterwarnings('ignore')
from fastcore.script import anno_parser
from imagewang_ssl.all import *
from imagewang_ssl.train import _opt

class Stopwatch(Callback):
    "Images a second of `steps` training steps that follow `warm` others; then the fit ends"
    order = 1000
    def __init__(self, steps, warm=3): store_attr()
    def before_fit(self): self.n = 0
    def after_batch(self):
        if not self.training: return
        if torch.cuda.is_available(): torch.cuda.synchronize()
        self.n += 1
        if self.n==self.warm: self.start = time.perf_counter()
        if self.n<self.warm+self.steps: return
        self.rate = self.steps*self.dls.train.bs/(time.perf_counter()-self.start)
        raise CancelFitException

def ours(learn, steps, precision):
    "Images a second of the suite's own loop"
    watch = Stopwatch(steps)
    if len(learn.dls.train)<steps+watch.warm:
        raise IwangError(f'an epoch has {len(learn.dls.train)} batches, fewer than {watch.warm} to warm up and {steps} to time: lower --bs or --steps, or take more images')
    with computing_in(learn.model, precision, learn.dls.device), learn.no_bar(), learn.no_logging(): learn.fit(1, 1e-4, cbs=[watch, StopOnNonFinite()])
    return watch.rate

def bare(learn, batch, steps, precision, warm=3):
    "Images a second of forward, loss, backward and step on one ready batch"
    *xb,yb = batch
    params = [p for p in learn.model.parameters() if p.requires_grad]
    opt = torch.optim.AdamW(params, 1e-4, fused=True)
    learn.model.train()
    with computing_in(learn.model, precision, learn.dls.device):
        for i in range(warm+steps):
            if i==warm: start = time.perf_counter()
            learn.loss_func(learn.model(*xb), yb).backward()
            opt.step()
            opt.zero_grad()
        if torch.cuda.is_available(): torch.cuda.synchronize()
    return steps*learn.dls.train.bs/(time.perf_counter()-start)

def plain(o): return tuple(plain(p) for p in o) if is_listy(o) else o.as_subclass(Tensor)

def ready(learn):
    "A batch as the training loop gets it, without fastai's types"
    learn.model.to(learn.dls.device, memory_format=torch.channels_last)
    learn.opt_func = _opt
    return plain(learn.dls.one_batch())

def task_learner(name, path, size, bs, encoder):
    "Learner of a pretext task, or of fine-tuning, as `pretrain` and `finetune` make it"
    enc = create_encoder(encoder, size)
    if name!='finetune':
        task = get_pretext(name)
        return task.learner(task.dataloaders(path, size, bs=bs), enc)
    dls = finetune_block(size).dataloaders(path, bs=bs, store=PixelStore(path, load_size(size)))
    return Learner(dls, nn.Sequential(enc, Classifier(enc.chs[-1], len(dls.vocab))), loss_func=LabelSmoothingCrossEntropyFlat(), metrics=accuracy)

def plain_fastai(path, size, bs, encoder):
    "Learner of fine-tuning as fastai's documentation has it"
    block = DataBlock(blocks=(ImageBlock,CategoryBlock), get_items=partial(get_image_files, folders=['train','val']), get_y=parent_label,
                      splitter=GrandparentSplitter('train','val'), item_tfms=[RandomResizedCrop(size, min_scale=.35), FlipItem(.5)],
                      batch_tfms=Normalize.from_stats(*imagenet_stats))
    dls = block.dataloaders(path, bs=bs, num_workers=min(8, defaults.cpus))
    return Learner(dls, getattr(models.xresnet, encoder)(n_out=len(dls.vocab)), loss_func=LabelSmoothingCrossEntropyFlat(), metrics=accuracy)

def spread(xs):
    "Median and the range of the middle half"
    q = statistics.quantiles(xs, n=4) if len(xs)>1 else xs*3
    return dict(median=round(statistics.median(xs), 3), low=round(q[0], 3), high=round(q[2], 3))

def row(name, path, size, bs, encoder, precision, steps, pairs):
    "Rates and ratios of one task"
    learn = task_learner(name, path, size, bs, encoder)
    batch = ready(learn)
    runs = dict(ours=partial(ours, learn, steps, precision), bare=partial(bare, learn, batch, steps, precision))
    if name=='finetune':
        other = plain_fastai(path, size, bs, encoder)
        runs['plain_fastai'] = partial(ours, other, steps, 'fp32')
    rates = {k:[] for k in runs}
    for _ in range(pairs):
        for k,f in runs.items(): rates[k].append(f())
    res = dict(name=name, **{k:round(statistics.median(v), 1) for k,v in rates.items()}, peers={})
    res.setdefault('plain_fastai', None)
    ratios = {f'ours/{k}':spread([a/b for a,b in zip(rates['ours'], v)]) for k,v in rates.items() if k!='ours'}
    return dict(res, ratios=ratios)

def decoding(path, size, n=1024):
    "Images a second of loading: JPEG files on 1, 2 and all cores, and gathers from the pixel store"
    files,res = labelled_files(path)[:n],{}
    for cores in sorted({1,2,defaults.cpus}):
        start = time.perf_counter()
        parallel(partial(open_square, size=load_size(size)), files, n_workers=cores, threadpool=True)
        res[f'files, {cores} cores'] = round(len(files)/(time.perf_counter()-start))
    store = PixelStore(path, load_size(size))
    rows = store.rows(files)
    start = time.perf_counter()
    for i in range(0, len(rows), 64): store[np.random.permutation(rows)[:64]].float()
    return dict(res, **{'pixel store': round(len(files)/(time.perf_counter()-start))})

def first_batch(path, size, bs):
    "Seconds from asking for DataLoaders to the first batch, with the store in place"
    start = time.perf_counter()
    get_pretext('rotation').dataloaders(path, size, bs=bs).one_batch()
    return round(time.perf_counter()-start, 2)

def table(rows):
    "The rows as text"
    yield f"{'':14} {'ours':>7} {'bare':>7} {'fastai':>7}  {'ours/bare':22} ours/plain fastai"
    for r in rows:
        rs = [f"{s['median']:.2f} ({s['low']:.2f} to {s['high']:.2f})" for s in r['ratios'].values()]
        fastai = f"{r['plain_fastai']:.0f}" if r['plain_fastai'] else '-'
        yield f"{r['name']:14} {r['ours']:7.0f} {r['bare']:7.0f} {fastai:>7}  {rs[0]:22} {(rs+[''])[1]}".rstrip()

def bench(
    source:str='sample', # sample, imagewang, 160, 320, full, a folder, an archive or its URL
    only:str=None, # Names of tasks, or finetune, with commas between; default: all
    out_json:str=None, # File to write the record to
    size:int=64, # Side of the images in pixels
    bs:int=64, # Images a batch
    encoder:str='xresnet18', # Encoder
    precision:str='auto', # fp32, bf16 or auto
    steps:int=12, # Steps that are timed at a time
    pairs:int=5, # Turns
):
    "Measure training against the bare model, in images a second and as ratios"
    path,precision = get_imagewang(source, size),resolve_precision(precision)
    names = only.split(',') if only else ['finetune', *list_pretexts()]
    for n in names:
        if n!='finetune': pretext_class(n)
    print(f'{encoder}, {size} px, batch {bs}, {precision}; plain fastai in fp32; medians of {pairs} turns of {steps} steps, images a second')
    rows = [row(n, path, size, bs, encoder, precision, steps, pairs) for n in names]
    print(*table(rows), sep='\n')
    extra = dict(loading=decoding(path, size), seconds_to_first_batch=first_batch(path, size, bs), peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss//2**10)
    print(*(f'{k}: {v}' for k,v in extra.items()), sep='\n')
    rec = dict(settings=dict(size=size, bs=bs, encoder=encoder, precision=precision, steps=steps, pairs=pairs), source=source_info(path), rows=rows, **extra, **provenance())
    if out_json: print(f'wrote {write_atomic(out_json, json.dumps(rec, indent=1))}')

def command_line(func, module):
    "Run `func` with the arguments of `python -m module`; `--json` is its `out_json`"
    args = vars(anno_parser(func, prog=f'python -m {module}').parse_args([a.replace('--json', '--out-json') for a in sys.argv[1:]]))
    try: func(**{k:v for k,v in args.items() if k not in ('pdb','xtra')})
    except IwangError as e: sys.exit(f'{module}: {e}')
