"""Do the fast paths cost accuracy, and is the recipe a good one? The same fine-tuning runs, from scratch, side by side:

    python -m benchmarks.parity --source ARCHIVE --json FILE

`store, bf16` is the fast one, `files, bf16` decodes the JPEGs every epoch, `store, fp32` computes in float32. All
arms of a seed start from the same weights. The store gives the files' batches to the bit (tested in 01_pixels), so
that arm runs with the first seed only. `plain fastai` is what fastai's documentation has: files, `RandomResizedCrop`, a
central crop in validation, ranger, cross-entropy. FILE is written after each run, and a run that is in it is not run
again. `--only` takes names of arms with semicolons between.
"""
import json, statistics
from benchmarks import command_line
from imagewang_ssl.all import *

paths = {'store, bf16': (True,'bf16'), 'files, bf16': (False,'bf16'), 'store, fp32': (True,'fp32')}
arms = {k: dict(pixels=pixels, precision=precision) for k,(pixels,precision) in paths.items()} | {'plain fastai': None}

def plain_fastai(source, size, epochs, seed, lr=8e-3):
    "A record of fastai's own loop, float32, as far as `summary` reads it"
    set_seed(seed)
    path = get_imagewang(source, size)
    tfms = dict(item_tfms=RandomResizedCrop(size, min_scale=.35), batch_tfms=Normalize.from_stats(*imagenet_stats))
    dls = ImageDataLoaders.from_folder(path, train='train', valid='val', bs=64, num_workers=defaults.cpus, **tfms)
    metrics = [accuracy, *asked_metrics(dls)]
    learn = Learner(dls, xresnet18(n_out=dls.c), CrossEntropyLossFlat(), opt_func=ranger, metrics=metrics)
    with learn.no_bar(): learn.fit_flat_cos(epochs, lr)
    names = learn.recorder.metric_names[1:-1]
    values = zip(*learn.recorder.values)
    cols = {k:[round(float(o), 5) for o in v] for k,v in zip(names, values)}
    return dict(cols, size=size, epochs=epochs, seed=seed, recipe=dict(opt='ranger', lr=lr, bs=64), **provenance())

def summary(runs):
    "Mean and spread of each arm that has run, and of its differences from the first one, seed by seed"
    last = {a:{r['seed']:100*r['accuracy'][-1] for r in runs if r['arm']==a} for a in arms}
    base = last[first(arms)]
    for a,accs in last.items():
        if not accs: continue
        diffs = [v-base[s] for s,v in accs.items() if s in base]
        res = dict(arm=a, runs=len(accs))
        for k,v in dict(accuracy=list(accs.values()), difference=diffs).items():
            if v: res[k] = round(statistics.mean(v), 2)
            if len(v)>1: res[f'{k}_std'] = round(statistics.stdev(v), 2)
        yield res

def parity(
    source:str='sample', # sample, imagewang, 160, 320, full, a folder, an archive or its URL
    out_json:str='parity.json', # File of runs
    size:int=64, # Side of the images in pixels
    epochs:int=5, # Passes over train
    seeds:int=2, # Seeds, from 0
    only:str='', # Names of arms, with semicolons between; default: all
):
    "Fine-tune from scratch on each path, and set the accuracies side by side"
    names = [o.strip() for o in only.split(';')] if only else list(arms)
    for o in names:
        if o not in arms: raise IwangError(f"arm '{o}' is unknown: choose from {'; '.join(arms)}")
    out = Path(out_json)
    runs = json.loads(out.read_text())['runs'] if out.exists() else []
    done = {tuple(r[k] for k in ('arm','seed','size','epochs')) for r in runs}
    for seed in range(seeds):
        for arm,args in arms.items():
            if arm not in names or (arm,seed,size,epochs) in done: continue
            if seed and arm.startswith('files'): continue
            if args is None: rec = plain_fastai(source, size, epochs, seed)
            else: rec = finetune(None, source, size, epochs, runs=1, seed=seed, **args)[0]
            runs.append(dict(arm=arm, **rec))
            write_atomic(out, json.dumps(dict(summary=list(summary(runs)), runs=runs), indent=1)+'\n')
    def pm(s, k): return f"{s[k]:+.2f}" + (f" ± {s[k+'_std']:.2f}" if k+'_std' in s else '')
    for s in summary(runs):
        acc,gap = pm(s, 'accuracy')[1:],pm(s, 'difference')
        print(f"{s['arm']:12} {acc:14} against the first {gap:14} {s['runs']} runs")

if __name__=='__main__': command_line(parity, 'benchmarks.parity')
