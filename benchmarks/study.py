"What the whole study costs: all tasks, the board's twelve cells, from measured rates: `python -m benchmarks.study`"
import json
from pathlib import Path
from imagewang_ssl.record import official_runs, official_sizes

images = dict(train=14669, unsup=7750)   # Image网
epochs = 20                              # of each pretraining

def hours(rates, size, measured):
    "Hours of pretraining every task once and of one task's fine-tunings, at `size`, by rates at the side `measured`"
    area = (size/measured)**2
    pre = sum(epochs*images['unsup']/r for t,r in rates.items() if t!='finetune')
    tune = sum(n*e for e,n in official_runs.items())*images['train']/rates['finetune']
    return area*pre/3600, area*tune/3600

def main(path=Path(__file__).parent/'cpu-64px.json'):
    rec = json.loads(path.read_text())
    rates = {r['name']: r['ours'] for r in rec['rows']}
    n = len(rates)-1
    where = f"{rec['settings']['encoder']} on {rec['device']}, rates of {path.name}"
    print(f'{where}, {n} tasks, {epochs} epochs of pretraining')
    print('size   pretrain all once   fine-tune one task   all tasks')
    total = 0
    for size in official_sizes:
        pre,tune = hours(rates, size, rec['settings']['size'])
        total += pre+n*tune
        print(f'{size:4}   {pre:15.0f} h   {tune:16.0f} h   {pre+n*tune:7.0f} h')
    print(f'all of it: {total:.0f} hours of this machine')

if __name__=='__main__': main()
