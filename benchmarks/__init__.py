"""How close training comes to the bare model, as ratios measured in one run:

    python -m benchmarks --source ARCHIVE --json FILE

A row is a pretext task or `finetune`. *Bare* is the same model, head, loss, optimiser and precision on one batch that
lies ready in memory. *Plain fastai* is fine-tuning the way fastai's documentation does it, from files; it runs in the
same precision and, where that is not float32, in float32 as well. All take turns, `pairs` times, so that a machine's
moods hit them alike; a ratio is that of neighbours.
"""
import json, sys, warnings
warnings.filterwarnings('ignore')
from fastcore.script import anno_parser
from imagewang_ssl.all import *
from benchmarks import around
from benchmarks.rates import row

def table(rows):
    "The rows as text"
    yield f"{'':18} {'ours':>6} {'bare':>6}   {'ours/bare':22}  others"
    def tell(s): return f"{s['median']:.2f} ({s['low']:.2f} to {s['high']:.2f})"
    for r in rows:
        rest = ', '.join(f"{k[5:]} {tell(s)}" for k,s in r['ratios'].items() if k!='ours/bare')
        ratio = tell(r['ratios']['ours/bare'])
        others = f'ours over {rest}' if rest else ''
        yield f"{r['name']:18} {r['ours']:6.0f} {r['bare']:6.0f}   {ratio:22}  {others}".rstrip()

def earlier(
    out_json, # File of a record, or none
    settings:dict, # Those of the run
    **about # Its source and device
)->dict: # Empty where there is no such record
    "The record in `out_json` if its settings, images and device are the same: its other rows stay"
    old = json.loads(Path(out_json).read_text()) if out_json and Path(out_json).exists() else {}
    return old if all(old.get(k)==v for k,v in dict(about, settings=settings).items()) else {}

def asked_names(only):
    "The names in `only`, with commas between, or all; raises `IwangError` for one that is no task"
    names = only.split(',') if only else ['finetune', *list_pretexts()]
    for n in names:
        if n!='finetune': pretext_class(n)
    return names

def bench(
    source:str='sample', # sample, imagewang, 160, 320, full, a folder, an archive or its URL
    only:str=None, # Names of tasks, or finetune, with commas between; default: all, and what surrounds them
    out_json:str=None, # File to write the record to; rows of other tasks with the same settings stay in it
    size:int=64, # Side of the images in pixels
    bs:int=64, # Images a batch
    encoder:str='xresnet18', # Encoder
    precision:str='auto', # fp32, bf16 or auto
    steps:int=10, # Steps that are timed at a time
    pairs:int=5, # Turns
    compiled:bool=False, # Time the bare model under torch.compile too
):
    "Measure training against the bare model, in images a second and as ratios"
    path = get_imagewang(source, size)
    precision = resolve_precision(precision)
    names = asked_names(only)
    what = f'medians (and middle halves) of {pairs} turns of {steps} steps, images a second'
    print(f'{encoder}, {size} px, batch {bs}, {precision}; {what}')
    settings = dict(size=size, bs=bs, encoder=encoder, precision=precision, steps=steps, pairs=pairs)
    about = provenance()
    rec = dict(settings=settings, source=source_info(path))
    old = earlier(out_json, device=about['device'], **rec)
    rows = {r['name']: r for r in old.get('rows', [])}
    if 'around' in old: rec['around'] = old['around']
    def save(): return write_atomic(out_json, json.dumps(dict(rec, **about), indent=1)+'\n') if out_json else None
    for i,n in enumerate(names):
        measured = row(n, path, size, bs, encoder, precision, steps, pairs, compiled)
        rows[n] = dict(measured, commit=about['commit'], date=about['date'])
        print(*list(table([rows[n]]))[i>0:], sep='\n', flush=True)
        rec['rows'] = sorted(rows.values(), key=lambda r: (r['name']!='finetune', r['name']))
        save()
    if not only:
        rec['around'] = around.measured(path, size, bs, encoder, precision, pairs)
        print(*(f'{k}: {v}' for k,v in rec['around'].items()), sep='\n')
    if out_json: print(f'wrote {save()}')

def command_line(func, module):
    "Run `func` with the arguments of `python -m module`; `--json` is its `out_json`"
    parser = anno_parser(func, prog=f'python -m {module}')
    args = vars(parser.parse_args([a.replace('--json', '--out-json') for a in sys.argv[1:]]))
    try: func(**{k:v for k,v in args.items() if k not in ('pdb','xtra')})
    except IwangError as e: sys.exit(f'{module}: {e}')
