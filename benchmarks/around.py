"What surrounds the steps: loading, starting, importing, and how an epoch grows"
import subprocess, sys, time
from benchmarks.rates import make_learner, rate, spread, sync
from imagewang_ssl.all import *

def loading(path, size, n=1024):
    "Images a second of loading: files on 1, 2 and all cores, and gathers from the pixel store"
    files = labelled_files(path)[:n]
    res = {}
    for cores in sorted({1,2,defaults.cpus}):
        start = time.perf_counter()
        parallel(partial(open_square, size=load_size(size)), files, n_workers=cores, threadpool=True)
        res[f'files, {cores} cores'] = round(len(files)/(time.perf_counter()-start))
    store = PixelStore(path, load_size(size))
    rows = store.rows(files)
    start = time.perf_counter()
    for i in range(0, len(rows), 64): store[np.random.permutation(rows)[:64]].float()
    return dict(res, **{'pixel store': round(len(files)/(time.perf_counter()-start))})

def validating(path, size, bs, encoder, precision, pairs):
    "Validation against the bare forward pass, as a ratio of images a second"
    learn,batch = make_learner('finetune', path, size, bs, encoder)
    n = len(learn.dls.valid_ds)
    ratios = []
    with computing_in(learn.model, precision, learn.dls.device), learn.no_bar(), learn.no_logging(), torch.no_grad():
        for _ in range(pairs):
            start = time.perf_counter()
            learn.validate()
            sync()
            whole = n/(time.perf_counter()-start)
            ratios.append(whole/rate(lambda: learn.model.eval()(batch[0]), bs, 20))
    return spread(ratios)

class Clock(Callback):
    "Seconds of an epoch's training"
    def before_train(self): self.start = time.perf_counter()
    def after_train(self): self.seconds = time.perf_counter()-self.start

def epoch_seconds(learn, precision, n):
    "Seconds of training on `n` images"
    dl = learn.dls.train.new(n=n)
    clock = Clock()
    old = learn.dls
    learn.dls = DataLoaders(dl, old.valid.new(n=1))
    fast = computing_in(learn.model, precision, dl.device)
    with fast, learn.no_bar(), learn.no_logging(): learn.fit(1, 1e-4, cbs=clock)
    learn.dls = old
    return clock.seconds

def growth(path, size, bs, encoder, precision, base=512):
    "Seconds of a fine-tuning epoch: as the images double, as the side grows, as the batch grows"
    def secs(n=base, size=size, bs=bs):
        learn,_ = make_learner('finetune', path, size, bs, encoder)
        epoch_seconds(learn, precision, 2*bs)
        return round(epoch_seconds(learn, precision, n), 2)
    images = {n: secs(n=n) for n in (base, 2*base, 4*base)}
    sides = {s: secs(size=s) for s in (size//2, size, 2*size)}
    return dict(images=images, size=sides, batch={b: secs(bs=b) for b in (bs//4, bs, 2*bs)})

def _python(code):
    "Seconds and output of a new Python that runs `code`"
    start = time.perf_counter()
    r = subprocess.run([sys.executable, '-W', 'ignore', '-c', code], capture_output=True, text=True, check=True)
    return time.perf_counter()-start, r.stdout

def importing(pairs):
    "Time to import the package, and of `iwang-finetune --help`, over the time to import fastai.vision.all"
    show_help = 'from imagewang_ssl.cli import finetune_cmd\ntry: finetune_cmd(["--help"])\nexcept SystemExit: pass'
    codes = dict(fastai='import fastai.vision.all', package='import imagewang_ssl.all', help=show_help)
    _python(codes['fastai'])
    turns = [{k:_python(c)[0] for k,c in codes.items()} for _ in range(pairs)]
    return {k: spread([t[k]/t['fastai'] for t in turns]) for k in ('package','help')}

def first_step(path, size, bs, encoder):
    "Seconds from the import to the end of the first step of training in a new process, with the store in place"
    code = f'''from imagewang_ssl.all import *
import time; start = time.perf_counter()
class First(Callback):
    def after_batch(self): print('FIRST', time.perf_counter()-start); raise CancelFitException
dls = finetune_dls(get_imagewang({str(path)!r}), {size}, bs={bs})
learn = finetune_learner(dls, create_encoder({encoder!r}, {size}))
learn.model.to(dls.device, memory_format=torch.channels_last)
with learn.no_bar(): learn.fit(1, cbs=First())'''
    return round(float(re.search(r'FIRST (\S+)', _python(code)[1])[1]), 2)

def measured(path, size, bs, encoder, precision, pairs):
    "All of it, by name"
    res = dict(loading=loading(path, size))
    res['validation_over_forward'] = validating(path, size, bs, encoder, precision, pairs)
    res['epoch_seconds'] = growth(path, size, bs, encoder, precision)
    res['over_fastai_import'] = importing(pairs)
    return dict(res, seconds_to_first_step=first_step(path, size, bs, encoder))
