"""Do the fast paths cost accuracy? The same fine-tuning runs, from scratch, on three paths:

    python -m benchmarks.parity --source ARCHIVE --json FILE

`store, bf16` is the fast one, `files, bf16` decodes the JPEGs every epoch, `store, fp32` computes in float32. All
arms of a seed start from the same weights. The store gives the files' batches to the bit (tested in 01_pixels), so
that arm runs with the first seed only. FILE is written after each run, and a run that is in it is not run again.
"""
import json, statistics
from benchmarks import command_line
from imagewang_ssl.all import *

arms = {'store, bf16': dict(pixels=True, precision='bf16'), 'files, bf16': dict(pixels=False, precision='bf16'),
        'store, fp32': dict(pixels=True, precision='fp32')}

def summary(runs):
    "Mean and spread of each arm, and of its differences from the first one, seed by seed"
    last = {a:{r['seed']:100*r['accuracy'][-1] for r in runs if r['arm']==a} for a in arms}
    base = last[first(arms)]
    for a,accs in last.items():
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
):
    "Fine-tune from scratch on each path, and set the accuracies side by side"
    out = Path(out_json)
    runs = json.loads(out.read_text())['runs'] if out.exists() else []
    for seed in range(seeds):
        for arm,args in arms.items():
            if seed and arm.startswith('files') or any((r['arm'],r['seed'],r['size'],r['epochs'])==(arm,seed,size,epochs) for r in runs): continue
            rec = finetune(None, source, size, epochs, runs=1, seed=seed, **args)[0]
            runs.append(dict(arm=arm, **rec))
            write_atomic(out, json.dumps(dict(summary=list(summary(runs)), runs=runs), indent=1)+'\n')
    pm = lambda s, k: f"{s[k]:+.2f}" + (f" ± {s[k+'_std']:.2f}" if k+'_std' in s else '')
    for s in summary(runs): print(f"{s['arm']:12} {pm(s,'accuracy')[1:]:14} against the first {pm(s,'difference'):14} {s['runs']} runs")

if __name__=='__main__': command_line(parity, 'benchmarks.parity')
