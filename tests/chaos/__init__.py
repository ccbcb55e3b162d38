"""The real stack under real faults: what was promised is checked against what was recorded.

    cd tests && python -m chaos --seed 7 --seconds 300 --runs 300

A run has four acts: a calm one that gives the outputs to compare with, the storm (`faults`, while
`clients` submit), the calm after it, in which all must come to its end, and the verdict
(`checker`), a pure function of what `history` and `evidence` hold.
"""
