"""What force does to the installed command: seeded scenarios, each a world, a manifest, and things that go wrong.

    python -m tests.chaos [--seed N] [--count N] [--workers N] [--mode MODE] [--keep FOLDER]

Nothing of the package is imported: what a scenario sees is files, exit codes, what was printed, and what the emulator
was asked. Whatever a scenario draws comes from its seed; what the machine decides (how threads and signals meet) does
not, so that a finding may need its seed several times.
"""
