"""What each setting of fine-tuning is worth, on a fifth of train that is held out; val is never asked:

    python -m benchmarks.recipe --source ARCHIVE --json FILE

Each trial changes one setting of the default recipe. A seed holds out another fifth, and all trials of a seed hold out
the same one. The trained network is judged at several zooms, and with more or less of the class prior taken out of its
scores (the prior's part of the loss shifts scores too, so this `tau` says the direction, not what training with it
gives). FILE is written after each run, and a run that is in it is not run again. `--show` prints FILE for
docs/recipe.md.
"""
import json, statistics
from pathlib import Path
from benchmarks import command_line
from imagewang_ssl.all import *

trials = {'default': {}, 'plain': unadjusted}
trials |= {'ranger': dict(opt='ranger', lr=8e-3), 'SGD': dict(opt='SGD', lr=.1), 'lr x 1/3': dict(lr=1e-3)}
trials |= {'head mlp': dict(head='mlp'), 'pooling avgmax': dict(pooling='avgmax')}
trials |= {'mixup .4': dict(mixup=.4), 'cutmix 1': dict(cutmix=1.), 'ema .99': dict(ema=.99)}
trials |= {'balance 0': dict(balance=0.), 'balance .5': dict(balance=.5), 'load_scale 1.25': dict(load_scale=1.25)}
trials |= {'rates of scratch': dict(lr=3e-3, head_lr=1.)}   # for a pretrained encoder
trials |= {'tau 1': dict(tau=1.), 'tau 2': dict(tau=2.), 'bs 32': dict(bs=32)}
trials |= {'warmup .1': dict(warmup=.1), 'label smoothing 0': dict(label_smoothing=0.)}
zooms = 1.,1.14,1.25,1.5
taus = 1.,1.5,2.,2.5

def percent(pred, y): return round(100*accuracy(pred, y).item(), 2)

def judge(learn, recipe):
    "Accuracy in %: at each zoom, at the recipe's zoom with each `tau`, and among the asked classes"
    view = first(t for t in learn.dls.valid.after_batch.fs if isinstance(t, RandomView))
    def scores(zoom):
        view.zoom = zoom
        with learn.no_bar(), learn.no_logging(): return learn.get_preds(dl=learn.dls.valid, act=noop)
    at = {z: scores(z) for z in {*zooms, recipe['zoom']}}
    view.zoom = recipe['zoom']
    pred,y = at[view.zoom]
    shifted = {str(tau): remove_prior(pred, class_counts(learn.dls), tau-recipe['tau']) for tau in taus}
    among = asked_accuracy(pred, y, asked_classes(learn.dls)).item()
    return dict({str(z): percent(*at[z]) for z in zooms}, tau={t: percent(o, y) for t,o in shifted.items()},
        asked=round(100*among, 2))

def run_trial(name, source, size, epochs, arch, encoder, seed):
    "Train as one trial says and judge the network"
    enc = load_encoder(encoder) if encoder else None
    recipe = settings(recipes['finetune'], pretrained if encoder else None, recipe=trials[name])[0]
    recipe = {**recipes['finetune'], **recipe}
    path = get_imagewang(source, size)
    dls = finetune_dls(path, size, 'train', recipe['bs'], fold=seed%5, **view_settings(recipe))
    set_seed(seed)
    for dl in dls.loaders: dl.rng = random.Random(seed)
    learn = finetune_learner(dls, ifnone(enc, create_encoder(arch, size)), **learner_settings(recipe))
    log = fit(learn, epochs, recipe)
    about = dict(trial=name, seed=seed, size=size, epochs=epochs, arch=learn.model[0].arch, held_out=len(dls.valid_ds))
    return dict(about, pretrained=enc and enc.meta.get('task'), recipe=recipe, accuracy=judge(learn, recipe),
        asked_fraction=log['metrics']['asked_fraction'][-1], seconds=log['seconds'], **provenance())

names = [*(f'zoom {z}' for z in zooms), *(f'tau {t}' for t in taus), 'asked']

def columns(acc):
    "What the table says of a run, by name"
    return dict(zip(names, [*(acc[str(z)] for z in zooms), *acc['tau'].values(), acc['asked']]))

def table(runs):
    "A line of Markdown for each trial: mean over its seeds, and the difference from the default of the same seeds"
    lines = [f"| pretrained on | size, epochs | trial | seeds | {' | '.join(names)} | against default |"]
    lines.append('|---|---|---|---|'+'---|'*(len(names)+1))
    cells = groupby(runs, lambda r: (r['pretrained'] or 'nothing', f"{r['size']} px, {r['epochs']}"))
    for (pre,cell),rs in cells.items():
        by = {t:{r['seed']:columns(r['accuracy']) for r in rs if r['trial']==t} for t in trials}
        for t,accs in by.items():
            if not accs: continue
            means = [f"{statistics.mean(a[k] for a in accs.values()):.1f}" for k in names]
            gaps = [accs[s]['zoom 1.25']-by['default'][s]['zoom 1.25'] for s in accs if s in by['default']]
            gap = f'{statistics.mean(gaps):+.1f}' if gaps and t!='default' else ''
            lines.append(f"| {pre} | {cell} | {t} | {len(accs)} | {' | '.join(means)} | {gap} |")
    return '\n'.join(lines)

def trial_runs(
    source:str='sample', # sample, imagewang, 160, 320, full, a folder, an archive or its URL
    out_json:str='recipe.json', # File of runs
    size:int=64, # Side of the images in pixels
    epochs:int=5, # Passes over what is left of train
    seeds:int=2, # Seeds, from 0: five hold out each image of the asked classes once
    arch:str='xresnet18', # Encoder to train from scratch
    encoder:str=None, # File with a pretrained encoder
    only:str='', # Names of trials, separated by commas; default: all
    show:bool=False, # Instead: print the table of `out_json`
):
    "Train each trial with each seed on what is left of train, and set the accuracies on the held-out part side by side"
    out = Path(out_json)
    runs = json.loads(out.read_text()) if out.exists() else []
    if show: return print(table(runs))
    chosen = [o.strip() for o in only.split(',')] if only else list(trials)
    for o in chosen:
        if o not in trials: raise IwangError(f"trial '{o}' is unknown: choose from {', '.join(trials)}")
    task = load_encoder(encoder).meta.get('task') if encoder else None
    done = {tuple(r[k] for k in ('trial','seed','size','epochs','pretrained')) for r in runs}
    for seed in range(seeds):
        for o in chosen:
            if (o,seed,size,epochs,task) in done: continue
            runs.append(run_trial(o, source, size, epochs, arch, encoder, seed))
            write_atomic(out, json.dumps(runs, indent=1)+'\n')
    print(table(runs))

if __name__=='__main__': command_line(trial_runs, 'benchmarks.recipe')
