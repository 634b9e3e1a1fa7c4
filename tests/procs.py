"Processes for tests, forked from one that has already imported the package: a test does not wait for the imports"
import multiprocessing, os

os.environ.update(MPLBACKEND='agg', COLUMNS='100')
server = multiprocessing.get_context('forkserver')
server.set_forkserver_preload(['imagewang_ssl.all', 'nbdev.test', 'sklearn.linear_model', 'lightly.loss'])

def logged(log, f, *args, **kwargs):
    "`f(*args, **kwargs)` with what it prints going to the file `log`"
    for fd in 1,2: os.dup2(os.open(log, os.O_WRONLY|os.O_CREAT|os.O_APPEND), fd)
    f(*args, **kwargs)

def start(log, f, *args, **kwargs):
    "A process that runs `f(*args, **kwargs)`"
    p = server.Process(target=logged, args=(str(log), f, *args), kwargs=kwargs)
    p.start()
    return p
