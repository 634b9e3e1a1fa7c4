"Speed, in one run on one machine: `python -m benchmarks --source ARCHIVE --json FILE`"
from benchmarks import bench, command_line
command_line(bench, 'benchmarks')
