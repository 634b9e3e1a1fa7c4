"""SimCLR as other libraries do it, one training step at a time.

Both take our encoder, size and batch, and read the files of `unsup` with a loader process a core, as their
documentation has it. Views, projector, loss and loop are their own; crop, jitter and grey are set to what our
`SimCLR` does by default, which is less work than their defaults (both blur, one rotates). lightly makes its views
image by image in the loader; self_supervised makes them of a batch, with one crop for all of its images.
"""
from torch.utils.data import DataLoader as TorchLoader
from imagewang_ssl.all import *
from imagewang_ssl.fit import computing_in

class _Flat(nn.Module):
    "Mean features of an encoder"
    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder
    def forward(self, x): return self.encoder.embed(x)

def _endless(steps, batches, model, precision, device):
    "Train on a batch a `next`; gives the loss"
    with computing_in(model, precision, device):
        while True:
            for b in batches(): yield steps(b)

def lightly_simclr(
    path, # Folder that holds unsup/
    size:int=64, # Side of the views in pixels
    bs:int=64, # Images a batch
    encoder:str='xresnet18', # See `create_encoder`
    precision:str='fp32', # fp32 or bf16
): # Generator: each `next` trains on one batch
    "SimCLR in lightly: its transform, data set, head and loss, in a loop of plain PyTorch"
    try:
        from lightly.data import LightlyDataset
        from lightly.loss import NTXentLoss
        from lightly.models.modules import SimCLRProjectionHead
        from lightly.transforms import SimCLRTransform
    except ImportError as e: raise IwangError(f'lightly is not there ({e}): pip install lightly') from None
    device = default_device()
    enc = create_encoder(encoder, size)
    ours = get_pretext('simclr')
    model = nn.Sequential(_Flat(enc), SimCLRProjectionHead(enc.chs[-1], 512, 128)).to(device)
    jitter = dict(cj_strength=.5, gaussian_blur=0., normalize=None)     # the encoder normalizes
    views = SimCLRTransform(size, min_scale=ours.scale, **jitter)
    ds = LightlyDataset(str(Path(path)/'unsup'), transform=views)
    loader = TorchLoader(ds, bs, shuffle=True, drop_last=True, num_workers=defaults.cpus)
    loss_func = NTXentLoss(ours.temp)
    opt = torch.optim.AdamW(model.parameters(), 1e-3)
    def step(b):
        x0,x1 = (o.to(device) for o in b[0])
        loss = loss_func(model(x0), model(x1))
        loss.backward()
        opt.step()
        opt.zero_grad()
        return loss.item()
    return _endless(step, lambda: loader, model, precision, device)

def self_supervised_simclr(
    path, # Folder that holds unsup/
    size:int=64, # Side of the views in pixels
    bs:int=64, # Images a batch
    encoder:str='xresnet18', # See `create_encoder`
    precision:str='fp32', # fp32 or bf16
): # Generator: each `next` trains on one batch
    "SimCLR in self_supervised: its augmentations, model and callback, in a fastai `Learner`"
    try: from self_supervised.vision.simclr import SimCLR, create_simclr_model, get_simclr_aug_pipelines
    except ImportError as e:
        lacks = f'self_supervised is not there ({e})'
        raise IwangError(f'{lacks}: pip install self-supervised') from None
    files = get_image_files(Path(path)/'unsup')
    ours = get_pretext('simclr')
    tfms = [PILImage.create, ToTensor, RandomResizedCrop(ours.loads(size), min_scale=1.)]
    dsets = Datasets(files, [tfms], splits=RandomSplitter(.05)(files))
    dls = dsets.dataloaders(bs=bs, num_workers=defaults.cpus, after_batch=[IntToFloatTensor])
    model = create_simclr_model(_Flat(create_encoder(encoder, size)), hidden_size=512, projection_size=128, bn=True)
    jitter = dict(jitter_s=.5, jitter_p=.8, bw_p=.2, stats=None)
    augs = get_simclr_aug_pipelines(size, rotate=False, blur=False, resize_scale=(ours.scale,1.), **jitter)
    learn = Learner(dls, model, loss_func=noop, cbs=SimCLR(augs, temp=ours.temp))
    learn.remove_cbs(learn.cbs.filter(risinstance(ProgressCallback)))
    learn.epoch,learn.n_epoch,learn.n_iter = 0,1,len(dls.train)
    learn.create_opt()
    learn.model.to(dls.device)
    for event in 'before_fit','before_epoch','before_train': learn(event)
    def step(b):
        learn.one_batch(0, b)
        return learn.loss.item()
    return _endless(step, lambda: dls.train, model, precision, dls.device)
