"One line to end on, whatever ran the tests"
import os

counts = dict(passed=0, failed=0)
skipped = set()

def pytest_runtest_logreport(report):
    if report.failed: counts['failed'] += 1
    elif report.when=='call' and report.passed: counts['passed'] += 1
    elif report.skipped: skipped.add(report.longrepr[2])

def pytest_unconfigure(config):
    if os.environ.get('PYTEST_XDIST_WORKER'): return
    for why in sorted(skipped): print(f'\n{why}')
    print(f"\n{counts['passed']} passed, {counts['failed']} failed")
