"The package's metadata, all of it read from settings.ini"
import subprocess
from configparser import ConfigParser
from pathlib import Path
from setuptools import setup, find_packages
from setuptools.command.build_py import build_py

root = Path(__file__).parent
ini = ConfigParser(delimiters=['='])
ini.read(root/'settings.ini', encoding='utf-8')
cfg = ini['DEFAULT']

def commit():
    "The commit that is built, with '+' where files differ from it; None without git"
    def git(*args):
        r = subprocess.run(['git','-C',str(root),*args], capture_output=True, text=True, check=True)
        return r.stdout.strip()
    try: return git('rev-parse', 'HEAD')+'+'*bool(git('status', '--porcelain'))
    except (OSError,subprocess.CalledProcessError): return None

class BuildWithCommit(build_py):
    "Leave the commit in the package, for records of runs where there is no checkout"
    def run(self):
        super().run()
        said = None if self.editable_mode else commit()
        if said: (Path(self.build_lib)/cfg['lib_name']/'COMMIT').write_text(said+'\n')

name = cfg['lib_name']
readme = root/'README.md'
about = dict(version=cfg['version'], description=cfg['description'], license=cfg['license'], author=cfg['author'])
about.update(url=cfg['git_url'], keywords=cfg['keywords'], python_requires=f'>={cfg["min_python"]}')
if readme.exists(): about['long_description'] = readme.read_text(encoding='utf-8')
extras = {k.removesuffix('_requirements'): v.split() for k,v in cfg.items() if k.endswith('_requirements')}
scripts = dict(console_scripts=cfg['console_scripts'].split(), nbdev=[f'{name}={name}._modidx:d'])

needs = dict(install_requires=cfg['requirements'].split(), extras_require=extras)
files = dict(packages=find_packages(include=[name, name+'.*']), package_data={name: cfg['package_data'].split()})
built = dict(entry_points=scripts, cmdclass=dict(build_py=BuildWithCommit), zip_safe=False)

setup(name=name, long_description_content_type='text/markdown', **about, **needs, **files, **built)
