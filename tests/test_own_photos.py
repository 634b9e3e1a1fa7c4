"Photos of your own, in each layout: two commands from a folder to a table"
import csv, json, re, shutil
from pathlib import Path
import pytest
from fastai.vision.all import ImageDataLoaders, get_image_files, parent_label
from imagewang_ssl import cli, pixels, source, train
from imagewang_ssl.listing import list_source
from imagewang_ssl.load import labelled_files, pool_files
from imagewang_ssl.record import load_records, track_of

small = '--size 32 --epochs 1 --pretrain_epochs 1 --runs 1 --encoder test_resnet --bs 32'.split()

@pytest.fixture(scope='module')
def pictures():
    "300 rendered pictures of eight classes, each with its class"
    files = sorted(get_image_files(source.get_imagewang('sample')))
    by = {}
    for f in files:
        if f.parent.name!='unsup': by.setdefault(f.parent.name, []).append(f)
    names = sorted(by, key=lambda c: (-len(by[c]), c))[:8]
    files = [(f,c) for c in names for f in by[c]][:300]
    assert len(files)==300
    return files

@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch, pictures):
    "Links and pixel stores go to a folder of the test's own"
    for m in source,pixels: monkeypatch.setattr(m, 'fastai_path', lambda o: tmp_path/'home'/o)
    monkeypatch.chdir(tmp_path)

def put(pictures, place):
    "Copy each picture to `place(i, name, class)`"
    for i,(f,c) in enumerate(pictures):
        to = Path('photos')/place(i, f'{i:03}{f.suffix}', c)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(f, to)

def is_val(i): return i%5==0

def split_folders(pictures): put(pictures, lambda i, name, c: f'{"valid" if is_val(i) else "train"}/{c}/{name}')

def class_folders(pictures): put(pictures, lambda i, name, c: f'{c}/{name}')

def flat_folder(pictures): put(pictures, lambda i, name, c: name)

def folder_and_csv(pictures):
    put(pictures, lambda i, name, c: name)
    rows = [(f'{i:03}{f.suffix}', c, is_val(i)) for i,(f,c) in enumerate(pictures) if i<250]
    with open('photos/labels.csv', 'w', newline='') as f: csv.writer(f).writerows([('fname','label','is_valid'), *rows])

def imagefolder(pictures):
    put(pictures, lambda i, name, c: f'{"validation" if is_val(i) else "train"}/{name}')
    for s in 'train','validation':
        here = [(i,f,c) for i,(f,c) in enumerate(pictures) if is_val(i)==(s!='train')]
        rows = [json.dumps(dict(file_name=f'{i:03}{f.suffix}', label=c)) for i,f,c in here]
        Path(f'photos/{s}/metadata.jsonl').write_text('\n'.join(rows))

layouts = { # unlabelled, train, val
    split_folders:(0,240,60), class_folders:(0,237,63), flat_folder:(300,0,0),
    folder_and_csv:(50,200,50), imagefolder:(0,240,60)}

@pytest.mark.parametrize('layout', layouts, ids=lambda o: o.__name__)
def test_two_commands(layout, pictures, capsys):
    layout(pictures)
    unsup,n_train,n_val = layouts[layout]
    assert cli.data_cmd(['--source','photos'])==0
    told = capsys.readouterr().out
    found = {k:int(n) for n,k in re.findall(r'(\d+) (unlabelled|labelled|held out)', told)}
    assert found=={'unlabelled':unsup, 'labelled':n_train, 'held out':n_val}, told
    assert 'next: iwang-compare --source photos' in told
    assert cli.compare_cmd(['--source','photos',*small])==0
    table = capsys.readouterr().out
    if n_train:
        recs = load_records('runs')
        assert sorted(r['task'] for r in recs)==['rotation','scratch']
        assert {track_of(r) for r in recs}=={'other: photos'}
        assert {(r['source']['train'], r['source']['val'], r['source']['unsup']) for r in recs}=={(n_train,n_val,unsup)}
        assert re.search(r'(?m)scratch', table) and re.search(r'(?m)rotation', table)
    else:
        assert 'rotation' in table and 'chance' in table and 'no image has a label' in told
        assert cli.finetune_cmd(['--source','photos','--size','32','--epochs','1'])==1
        assert 'no image has a label, as fine-tuning needs: give class folders' in capsys.readouterr().err

def test_dataloaders(pictures, capsys):
    "fastai's own `DataLoaders` as a source"
    class_folders(pictures)
    files = get_image_files('photos')
    dls = ImageDataLoaders.from_path_func('.', files, parent_label, valid_pct=.2, seed=0, bs=8, num_workers=0)
    path = source.get_imagewang(dls)
    held = {f.resolve() for f in labelled_files(path) if f.parent.parent.name=='val'}
    assert held=={Path(f).resolve() for f in dls.valid_ds.items}
    kw = dict(source=dls, size=32, epochs=1, runs=1, encoder='test_resnet', bs=32)
    recs = [train.run(t, pretrain_epochs=1, pool='unsup+train', **kw)[0] for t in ('scratch','rotation')]
    assert [r['source'] for r in recs]==[recs[0]['source']]*2 and recs[0]['source']['val']==60

def test_named_tables_and_trouble(pictures, capsys):
    "What cannot be read, is named twice or is in both parts, is told by its own name"
    folder_and_csv(pictures)
    Path('photos/007.jpg').write_bytes(b'no image')
    shutil.copy(f'photos/{Path("000").with_suffix(pictures[0][0].suffix)}', f'photos/001{pictures[1][0].suffix}')
    assert cli.data_cmd(['--source','photos/labels.csv'])==1
    told = capsys.readouterr().out
    assert '007.jpg (it is no JPEG' in told and 'seen in training as well' in told, told

def test_same_split_again(pictures):
    "What is held out does not depend on the place, the order or the day"
    class_folders(pictures)
    def held(folder): return {(o.label,o.name) for o in list_source(folder).rows if o.split=='val'}
    shutil.copytree('photos', 'elsewhere')
    assert held('photos')==held('elsewhere') and len(held('photos'))==63
    first = source.source_info(source.get_imagewang('photos'))
    again = source.source_info(source.get_imagewang('elsewhere'))
    assert first['fingerprint']==again['fingerprint'] and first['content']==again['content']

def test_pretraining_sees_no_label(pictures):
    "Names of unlabelled photos say nothing of where they lay"
    put(pictures, lambda i, name, c: f'{c}/{name}' if i%2 else f'unlabelled/{c}-{name}')
    files = pool_files(source.get_imagewang('photos'), 'unsup')
    assert len(files)==150 and all(re.fullmatch(r'[0-9a-f]{16}\.\w+', f.name) for f in files)
