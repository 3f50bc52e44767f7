"""Plays scenarios by the hundred, and says for each that fails what does not hold and how to play it again."""

import argparse
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.chaos.scenario import MODES, Played, mode_of, play


def main() -> int:
    """Play, and exit 1 where something does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--seed", type=int, default=1, help="of the first scenario; the others count up from it")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--mode", choices=sorted(MODES), help="instead of the one that each seed draws")
    parser.add_argument("--keep", type=Path, help="a folder in which the files of scenarios that fail stay")
    flags = parser.parse_args()
    os.nice(10)
    began_s, failed, calls, struck = time.monotonic(), 0, 0, 0
    codes: Counter[int | None] = Counter()
    with ThreadPoolExecutor(flags.workers) as pool:
        seeds = range(flags.seed, flags.seed + flags.count)
        played = [pool.submit(_play, seed, flags.mode, flags.keep) for seed in seeds]
        for seed, future in zip(seeds, played, strict=True):
            one = future.result()
            codes.update(one.codes)
            calls, struck = calls + one.calls, struck + one.struck
            if one.findings:
                failed += 1
                _report(seed, flags.mode or mode_of(seed), one.findings)
    modes = Counter(flags.mode or mode_of(seed) for seed in seeds)
    print(f"{flags.count} scenarios in {time.monotonic() - began_s:.0f} s, {failed} with findings: {dict(modes)}")
    print(f"{calls} calls in journals, {struck} faults and signals; exit codes of applies: {dict(codes)}")
    return 1 if failed else 0


def _play(seed: int, mode: str | None, keep: Path | None) -> Played:
    folder = Path(tempfile.mkdtemp(prefix=f"chaos-{seed}-"))
    try:
        played = play(seed, folder, mode)
    except Exception:
        played = Played([f"the scenario itself failed: {traceback.format_exc()}"])
    if played.findings and keep is not None:
        shutil.copytree(folder, keep / f"{seed}", dirs_exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    return played


def _report(seed: int, mode: str, findings: list[str]) -> None:
    print(f"--- seed {seed}, {mode}: python -m tests.chaos --seed {seed} --count 1 --mode {mode}", flush=True)
    for one in findings:
        print(f"  {one}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
