"Every method that fastai documents for a vision learner, on the learners of pretraining and of fine-tuning"
import matplotlib.pyplot as plt, pytest, shutil, torch
from fastai.callback.all import ActivationStats, CSVLogger, EarlyStoppingCallback, GradientAccumulation, GradientClip
from fastai.callback.all import MixedPrecision, MixUp, ReduceLROnPlateau, SaveModelCallback
from fastai.vision.all import ClassificationInterpretation, Image, PILImage, load_learner, set_seed
from imagewang_ssl.encoder import create_encoder
from imagewang_ssl.pretext.core import get_pretext
from imagewang_ssl.source import get_imagewang
from imagewang_ssl.train import finetune_dls, finetune_learner

@pytest.fixture(scope='module')
def few(tmp_path_factory):
    "A few images of the sample in its own shape"
    dest,path = tmp_path_factory.mktemp('few')/'few',get_imagewang('sample')
    classes = sorted(o.name for o in (path/'val').iterdir())[:3]
    for at,n in [('unsup',44), *((f'train/{c}',11) for c in classes), *((f'val/{c}',6) for c in classes)]:
        (dest/at).mkdir(parents=True)
        for f in sorted((path/at).iterdir())[:n]: shutil.copy(f, dest/at)
    return dest

def finetuning(path):
    dls = finetune_dls(path, 32, bs=8, num_workers=0)
    return finetune_learner(dls, create_encoder('test_resnet', 32))

def pretraining(path):
    task = get_pretext('rotation')
    dls = task.dataloaders(path, size=32, bs=8, valid_pct=.3, num_workers=0)
    return task.learner(dls, create_encoder('test_resnet', 32))

@pytest.mark.parametrize('make', [finetuning,pretraining])
def test_methods(make, few, tmp_path):
    set_seed(0)
    learn = make(few)
    learn.path = tmp_path
    new = tmp_path/'new.png'
    Image.new('RGB', (50,40), (90,120,30)).save(new)
    ours = next((few/'val').rglob('*.*'))
    with learn.no_bar(), learn.no_logging():
        learn.fit(1, 1e-3)
        learn.fit_one_cycle(1, slice(1e-4,1e-3))
        learn.fit_flat_cos(1, 1e-3)
        learn.fit_sgdr(1, 1, 1e-3)
        learn.freeze()
        learn.unfreeze()
        learn.freeze_to(-1)
        learn.fine_tune(1)
        assert learn.lr_find(num_it=8, show_plot=False).valley>0
        watching = [SaveModelCallback(monitor='valid_loss'), EarlyStoppingCallback(patience=1), ReduceLROnPlateau()]
        learn.fit(1, cbs=[*watching, GradientClip(), GradientAccumulation(16), CSVLogger()])
        if make is finetuning: learn.fit(1, cbs=[MixUp(.4)])
        learn.fit(1, cbs=MixedPrecision()) if torch.cuda.is_available() else None
        preds,targs = learn.get_preds()
        n = len(learn.dls.valid_ds)
        assert len(preds)==len(targs)==n
        assert len(learn.get_preds(ds_idx=0)[0])==len(learn.dls.train_ds)
        assert len(learn.validate())==1+len(learn.metrics)
        test = learn.dls.test_dl([new,ours])
        assert len(learn.get_preds(dl=test)[0])==2
        for f in new,ours,PILImage.create(new):
            *_,p = learn.predict(f)
            assert torch.isfinite(torch.as_tensor(p)).all()
        assert len(learn.tta(n=1)[0])==n
        learn.show_results(max_n=2)
        learn.dls.show_batch(max_n=2)
        learn.save('here')
        learn.load('here')
        learn.recorder.plot_loss()
        learn.recorder.plot_sched()
        assert 'Total params' in learn.summary()
        learn.add_cb(ActivationStats())
        learn.remove_cbs(ActivationStats)
        learn.to_fp32()
        learn.export('learner.pkl')
    if make is finetuning:
        with learn.no_bar():
            interp = ClassificationInterpretation.from_learner(learn)
            interp.plot_confusion_matrix()
            interp.plot_top_losses(2)
            assert interp.confusion_matrix().sum()==n
            interp.most_confused()
    plt.close('all')
    assert (tmp_path/'learner.pkl').stat().st_size < sum(p.numel()*4 for p in learn.model.parameters())+2**19
    again = load_learner(tmp_path/'learner.pkl')
    with again.no_bar(), learn.no_bar():
        set_seed(1)
        a = again.predict(new)[-1]
        set_seed(1)
        b = learn.predict(new)[-1]
    assert torch.allclose(torch.as_tensor(a), torch.as_tensor(b), atol=1e-5)
