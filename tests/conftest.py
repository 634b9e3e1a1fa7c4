"One line to end on, whatever ran the tests"
import os

counts = dict(passed=0, failed=0)

def pytest_runtest_logreport(report):
    if report.failed: counts['failed'] += 1
    elif report.when=='call' and report.passed: counts['passed'] += 1

def pytest_unconfigure(config):
    if not os.environ.get('PYTEST_XDIST_WORKER'): print(f"\n{counts['passed']} passed, {counts['failed']} failed")
