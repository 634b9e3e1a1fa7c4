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
    def git(*args): return subprocess.run(['git','-C',str(root),*args], capture_output=True, text=True, check=True).stdout.strip()
    try: return git('rev-parse', 'HEAD')+'+'*bool(git('status', '--porcelain'))
    except (OSError,subprocess.CalledProcessError): return None

class BuildWithCommit(build_py):
    "Leave the commit in the package, for records of runs where there is no checkout"
    def run(self):
        super().run()
        if not self.editable_mode and (said := commit()): (Path(self.build_lib)/cfg['lib_name']/'COMMIT').write_text(said+'\n')

setup(
    name=cfg['lib_name'], version=cfg['version'], description=cfg['description'], license=cfg['license'],
    author=cfg['author'], url=cfg['git_url'], keywords=cfg['keywords'], python_requires=f'>={cfg["min_python"]}',
    long_description=(root/'README.md').read_text(encoding='utf-8') if (root/'README.md').exists() else '',
    long_description_content_type='text/markdown',
    packages=find_packages(include=[cfg['lib_name'], cfg['lib_name']+'.*']),
    package_data={cfg['lib_name']: cfg['package_data'].split()},
    install_requires=cfg['requirements'].split(), extras_require={k.removesuffix('_requirements'): v.split() for k,v in cfg.items() if k.endswith('_requirements')},
    entry_points={'console_scripts': cfg['console_scripts'].split(),
        'nbdev': [f'{cfg["lib_name"]}={cfg["lib_name"]}._modidx:d']},
    cmdclass=dict(build_py=BuildWithCommit), zip_safe=False)
